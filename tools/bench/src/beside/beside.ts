import type { Benchmark } from "../measure.ts";
import { blobRows } from "./blobs.ts";
import { manifestRows } from "./manifests.ts";

/**
 * The benchmarks of our server beside docker-registry of Debian, on the same machine and with the same content. Both are measured
 * in turn, and the medians are compared. They have one client, and each runs in a process of its own.
 */
export const besideBenchmarks: readonly Benchmark[] = [...manifestRows, ...blobRows];
