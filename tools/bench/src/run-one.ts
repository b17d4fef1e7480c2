import { archiveBenchmarks, archiveMemory } from "./archives.ts";
import { blobBenchmarks } from "./blobs.ts";
import { copyBenchmarks } from "./copies.ts";
import { layerBenchmarks } from "./layers.ts";
import { withDirectory } from "./measure.ts";
import { remoteBenchmarks } from "./remotes.ts";
import { repositoryBenchmarks } from "./repositories.ts";

/** Runs one benchmark, for its memory. */
export async function runOne(name: string): Promise<void> {
  const all = [
    ...blobBenchmarks,
    ...repositoryBenchmarks,
    ...copyBenchmarks,
    ...archiveBenchmarks,
    archiveMemory,
    ...layerBenchmarks,
    ...remoteBenchmarks,
  ];
  const benchmark = all.find((it) => it.name === name);
  if (benchmark === undefined) throw new Error(`unknown benchmark: ${name}`);
  await withDirectory((directory) => benchmark.run(directory));
}
