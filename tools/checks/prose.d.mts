/** One habit: the line where its paragraph begins, what to write instead, and the sentence. */
export interface Habit {
  line: number;
  advice: string;
  sentence: string;
}

export function habitsIn(name: string, text: string): Habit[];
