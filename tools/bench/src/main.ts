// `node dist/main.js [TEXT]`: runs the benchmarks whose name contains TEXT, and fails if a limit is exceeded. `block` selects the
// longest blocks of the event loop, `copy` copies of images with their memory. `list files` selects the files of images, and
// `remote` remote registries, and `command` the start of the command.
import { archiveBenchmarks } from "./archives.ts";
import { blobBenchmarks } from "./blobs.ts";
import { commandBenchmarks } from "./command.ts";
import { copyBenchmarks } from "./copies.ts";
import { eventLoopBenchmarks } from "./event-loop.ts";
import { layerBenchmarks } from "./layers.ts";
import { manifestBenchmarks } from "./manifests.ts";
import { withDirectory } from "./measure.ts";
import { measureMemory } from "./memory.ts";
import { remoteBenchmarks } from "./remotes.ts";
import { repositoryBenchmarks } from "./repositories.ts";
import { serverBenchmarks } from "./server.ts";

const [wanted = ""] = process.argv.slice(2);

function report(name: string, figure: string, holds: boolean, note: string): void {
  if (!holds) process.exitCode = 1;
  console.log(`${holds ? "ok  " : "FAIL"} ${name.padEnd(38)} ${figure.padStart(12)}  ${note}`);
}

for (const { name, limit, most, run } of [
  ...blobBenchmarks,
  ...manifestBenchmarks,
  ...repositoryBenchmarks,
  ...copyBenchmarks,
  ...archiveBenchmarks,
  ...layerBenchmarks,
  ...eventLoopBenchmarks,
  ...serverBenchmarks,
  ...remoteBenchmarks,
  ...commandBenchmarks,
]) {
  if (!name.includes(wanted)) continue;
  const { ours, limit: best, note: more } = await withDirectory(run);
  const ratio = ours / best;
  const note = `${ours.toFixed(1)} ms against ${best.toFixed(1)} ms: ${limit}; at most ${most.toFixed(2)}`;
  report(name, `${ratio.toFixed(2)} times`, ratio <= most, more === undefined ? note : `${note}; ${more}`);
}
for (const { name, used, most, isWhole } of measureMemory((name) => `memory: ${name}`.includes(wanted))) {
  const what = isWhole ? "in all" : "more than an idle process";
  report(
    `memory: ${name}`,
    `${isWhole ? "" : "+"}${used.toFixed(0)} MiB`,
    used <= most,
    `${what}; at most ${most.toFixed(0)}`,
  );
}
