import type { Benchmark } from "../measure.ts";
import { smallReads } from "./reads.ts";
import { smallWrites } from "./writes.ts";

/**
 * The benchmarks of small operations. The limit of each is the same system calls, synchronous, in a loop. Both are measured in
 * turn, and the medians are compared.
 */
export const smallBenchmarks: readonly Benchmark[] = [...smallReads, ...smallWrites];
