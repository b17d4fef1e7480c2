import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { blobBenchmarks } from "./blobs.ts";
import { repositoryBenchmarks } from "./repositories.ts";

/** The peak memory of a process of Node's that does `work`, in MiB. */
function peak(work: string): number {
  const script = `${work}; process.stdout.write(String(process.resourceUsage().maxRSS / 1024));`;
  return Number(execFileSync(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] }));
}

/** How much more memory than an idle process the large blobs and the large tree take, in MiB; 64 is the limit. */
export function* measureMemory(): Generator<{ name: string; more: number }, void, undefined> {
  const module = fileURLToPath(new URL("./run-one.js", import.meta.url));
  const idle = peak("");
  for (const { name } of [...blobBenchmarks.slice(0, 4), ...repositoryBenchmarks.slice(0, 1)]) {
    const work = `const { runOne } = await import(${JSON.stringify(module)}); await runOne(${JSON.stringify(name)})`;
    yield { name, more: peak(work) - idle };
  }
}
