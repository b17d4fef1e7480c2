import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The result of a benchmark: our time and the time it is compared with, both in milliseconds for the same work. */
export interface Measured {
  readonly ours: number;
  readonly limit: number;
}

/** A benchmark. */
export interface Benchmark {
  readonly name: string;
  /** The name of the time that ours is divided by. */
  readonly limit: string;
  /** The largest allowed ratio of our time to the other. */
  readonly most: number;
  readonly run: (directory: string) => Promise<Measured>;
}

/** Returns the median time of `run`, in milliseconds. */
export async function time(runs: number, run: (number: number) => unknown): Promise<number> {
  const times: number[] = [];
  for (let number = 0; number < runs; number += 1) {
    const started = performance.now();
    await run(number);
    times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)] ?? 0;
}

/**
 * Measures two functions in turn, so that a machine that gets slower slows both.
 *
 * @param clear - Runs before each, without being measured.
 */
export async function inTurn(
  runs: number,
  ours: (number: number) => unknown,
  limit: (number: number) => unknown,
  clear: () => unknown = () => undefined,
): Promise<Measured> {
  const times = { ours: [] as number[], limit: [] as number[] };
  for (let number = 0; number < runs; number += 1) {
    await clear();
    times.limit.push(await time(1, () => limit(number)));
    await clear();
    times.ours.push(await time(1, () => ours(number)));
  }
  const median = (of: number[]): number => of.sort((a, b) => a - b)[Math.floor(of.length / 2)] ?? 0;
  return { ours: median(times.ours), limit: median(times.limit) };
}

/** Runs `use` with a directory that is removed afterwards. */
export async function withDirectory<Result>(use: (directory: string) => Promise<Result>): Promise<Result> {
  const directory = mkdtempSync(join(process.env["BENCH_DIRECTORY"] ?? tmpdir(), "bench-"));
  try {
    return await use(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
