import { readFileSync } from "node:fs";

/** The length of a clock tick of Linux, in seconds. */
const TICK_S = 0.01;

/** Returns the processor time of a process so far, in seconds; 0 if the process has ended. */
function secondsOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [user, system] = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .slice(11, 13);
    return (Number(user) + Number(system)) * TICK_S;
  } catch {
    return 0;
  }
}

/** Returns the processor time of all programs on this machine so far, in seconds. */
function busySeconds(): number {
  const [user, nice, system, , , irq, softirq] = (
    /^cpu +(.*)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1] ?? ""
  )
    .split(" ")
    .map(Number);
  return [user, nice, system, irq, softirq].reduce<number>((sum, ticks) => sum + (ticks ?? 0), 0) * TICK_S;
}

/** Measures which processes use the processors of this machine. */
export class CoreUse {
  readonly #pids: Readonly<Record<string, number>>;
  readonly #before: Readonly<Record<string, number>>;
  readonly #busy: number = busySeconds();
  readonly #begun: number = performance.now();
  #last: Record<string, number> = {};

  /** @param pids - The processes to measure, by name. */
  constructor(pids: Readonly<Record<string, number>>) {
    this.#pids = pids;
    this.#before = this.#now();
  }

  /** Reads the processor times. Call it repeatedly while the processes run. */
  look(): void {
    const now = this.#now();
    for (const [name, seconds] of Object.entries(now))
      this.#last[name] = Math.max(this.#last[name] ?? 0, seconds);
  }

  /** Formats the average number of cores of each process and of all other programs. */
  toString(): string {
    const seconds = (performance.now() - this.#begun) / 1000;
    const used = Object.entries(this.#last).map(
      ([name, end]) => [name, end - (this.#before[name] ?? 0)] as const,
    );
    const others = busySeconds() - this.#busy - used.reduce((sum, [, own]) => sum + own, 0);
    return [...used, ["other programs", Math.max(others, 0)] as const]
      .map(([name, own]) => `${name} ${(own / seconds).toFixed(2)}`)
      .join(", ");
  }

  #now(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.#pids).map(([name, pid]) => [name, secondsOf(pid)]));
  }
}
