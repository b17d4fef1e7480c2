import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The result of a benchmark: our time and the time it is compared with, both in milliseconds for the same work. */
export interface Measured {
  readonly ours: number;
  readonly limit: number;
  /** Other times of the same run. */
  readonly note?: string;
}

/** A benchmark. */
export interface Benchmark {
  readonly name: string;
  /** The name of the time that ours is divided by. */
  readonly limit: string;
  /** The largest allowed ratio of our time to the other. */
  readonly most: number;
  /** The ratio that is aimed for, if it is not reached yet. Absent by default. */
  readonly aim?: number | undefined;
  /** The number of operations in the measured work, if the time of one is to be shown, in microseconds. Absent by default. */
  readonly operations?: number | undefined;
  /** Returns why the benchmark cannot run here, or `undefined`. Absent if it always can. */
  readonly obstacle?: (() => string | undefined) | undefined;
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

/** Work to measure. It receives the number of the run. */
type Work = (number: number) => unknown;

/**
 * Measures functions in turn, so that a machine that gets slower slows all.
 *
 * @param limits - The work that ours is compared with. Of several, the slowest counts.
 * @param clear - Runs before each, without being measured.
 * @returns The median times.
 */
export async function inTurn(
  runs: number,
  ours: Work,
  limits: Work | readonly Work[],
  clear: () => unknown = () => undefined,
): Promise<Measured> {
  const medians = await mediansInTurn(runs, [...[limits].flat(), ours], clear);
  const own = medians.pop() ?? 0;
  return { ours: own, limit: medians.reduce((a, b) => Math.max(a, b), 0) };
}

/**
 * Measures functions in turn, so that a machine that gets slower slows all.
 *
 * @param clear - Runs before each, without being measured.
 * @returns The median time of each, in milliseconds.
 */
export async function mediansInTurn(
  runs: number,
  works: readonly Work[],
  clear: () => unknown = () => undefined,
): Promise<number[]> {
  const times = works.map((): number[] => []);
  for (let number = 0; number < runs; number += 1) {
    for (const [i, work] of works.entries()) {
      await clear();
      times[i]?.push(await time(1, () => work(number)));
    }
  }
  return times.map((of) => of.sort((a, b) => a - b)[Math.floor(of.length / 2)] ?? 0);
}

/**
 * Measures short work in turn, and returns the least time of each, in milliseconds. Other work of the machine makes a time
 * longer, and never shorter.
 */
export async function leastInTurn<const Works extends readonly Work[]>(
  runs: number,
  works: Works,
): Promise<{ readonly [At in keyof Works]: number }> {
  const least = works.map(() => Infinity);
  for (let number = 0; number < runs; number += 1)
    for (const [i, work] of works.entries())
      least[i] = Math.min(least[i] ?? Infinity, await time(1, () => work(number)));
  return least as { readonly [At in keyof Works]: number };
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
