/** Returns the names that `word` may stand for: those that begin with it, or that differ in up to two letters. */
export function nearest(word: string, names: readonly string[]): string[] {
  return names.filter(
    (name) =>
      distance(word.slice(0, 20), name) < Math.min(3, name.length) ||
      (word.length > 2 && name.startsWith(word)),
  );
}

/** Returns the edit distance of `a` and `b`. */
function distance(a: string, b: string): number {
  let before = Array.from({ length: b.length + 1 }, (_, place) => place);
  for (const [row, letter] of Array.from(a).entries()) {
    const now = [row + 1];
    for (const [column, other] of Array.from(b).entries()) {
      const kept = (before[column] ?? 0) + (letter === other ? 0 : 1);
      now.push(Math.min(kept, (before[column + 1] ?? 0) + 1, (now[column] ?? 0) + 1));
    }
    before = now;
  }
  return before.at(-1) ?? 0;
}
