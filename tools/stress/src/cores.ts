import { readFileSync } from "node:fs";

/** How much a clock tick of Linux is, in seconds. */
const TICK_S = 0.01;

/** The processor time of a process so far, in seconds; 0 if it has gone. */
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

/** The processor time of everything on this machine so far, in seconds. */
function busySeconds(): number {
  const [user, nice, system, , , irq, softirq] = (
    /^cpu +(.*)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1] ?? ""
  )
    .split(" ")
    .map(Number);
  return [user, nice, system, irq, softirq].reduce<number>((sum, ticks) => sum + (ticks ?? 0), 0) * TICK_S;
}

/** Who used the processors of this machine since it was made. */
export class CoreUse {
  readonly #pids: Readonly<Record<string, number>>;
  readonly #before: Readonly<Record<string, number>>;
  readonly #busy: number = busySeconds();
  readonly #begun: number = performance.now();
  #last: Record<string, number> = {};

  /** @param pids - The processes to tell apart, by name. */
  constructor(pids: Readonly<Record<string, number>>) {
    this.#pids = pids;
    this.#before = this.#now();
  }

  /** Looks at the processes: to be called while they are there. */
  look(): void {
    const now = this.#now();
    for (const [name, seconds] of Object.entries(now))
      this.#last[name] = Math.max(this.#last[name] ?? 0, seconds);
  }

  /** How many cores each had on average, and what is left for other programs. */
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
