import { blobBenchmarks } from "./blobs.ts";
import { withDirectory } from "./measure.ts";

/** Runs one blob benchmark, for its memory. */
export async function runOne(name: string): Promise<void> {
  const benchmark = blobBenchmarks.find((it) => it.name === name);
  if (benchmark === undefined) throw new Error(`no benchmark ${name}`);
  await withDirectory((directory) => benchmark.run(directory));
}
