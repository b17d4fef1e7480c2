// `node dist/main.js [TEXT]`: runs the benchmarks whose name contains TEXT, and fails if a limit is exceeded. `block` selects the
// longest blocks of the event loop, `copy` copies of images with their memory. `list files` selects the files of images,
// `remote` remote registries, `command` the start of the command, `small` small operations, and `beside` the server beside
// docker-registry. `chart FILE` draws the cost of changes against the number of entries.
import { archiveBenchmarks } from "./archives.ts";
import { besideBenchmarks } from "./beside/beside.ts";
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

import { writeChart } from "./small/chart.ts";
import { smallBenchmarks } from "./small/small.ts";

const [wanted = "", chart] = process.argv.slice(2);
if (wanted === "chart" && chart !== undefined) {
  await writeChart(chart);
  process.exit();
}

function report(name: string, figure: string, holds: boolean, note: string): void {
  if (!holds) process.exitCode = 1;
  console.log(`${holds ? "ok  " : "FAIL"} ${name.padEnd(38)} ${figure.padStart(12)}  ${note}`);
}

/** Shows two times, in milliseconds for all operations or in microseconds for one. */
function compare(ours: number, best: number, operations?: number): string {
  if (operations === undefined) return `${ours.toFixed(1)} ms against ${best.toFixed(1)} ms`;
  const each = (ms: number): string => ((ms * 1_000) / operations).toFixed(0);
  return `${each(ours)} µs against ${each(best)} µs`;
}

for (const { name, limit, most, aim, operations, obstacle, run } of [
  ...blobBenchmarks,
  ...manifestBenchmarks,
  ...repositoryBenchmarks,
  ...copyBenchmarks,
  ...archiveBenchmarks,
  ...layerBenchmarks,
  ...eventLoopBenchmarks,
  ...besideBenchmarks,
  ...remoteBenchmarks,
  ...commandBenchmarks,
  ...smallBenchmarks,
]) {
  if (!name.includes(wanted)) continue;
  const reason = obstacle?.();
  if (reason !== undefined) {
    console.log(`skip ${name}: ${reason}`);
    continue;
  }
  const { ours, limit: best, note: more } = await withDirectory(run);
  const ratio = ours / best;
  const aimed = aim === undefined ? "" : `, aim ${aim.toFixed(2)}`;
  const note = `${compare(ours, best, operations)}: ${limit}; at most ${most.toFixed(2)}${aimed}`;
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
