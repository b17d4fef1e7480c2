import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { blobBenchmarks } from "./blobs.ts";
import { repositoryBenchmarks } from "./repositories.ts";

/**
 * The peak memory of a process of Node's that does `work`, in MiB. On Linux `maxRSS` counts what the process was forked
 * from, too, so that every child of a large one looks as large; `VmHWM` is the program's own.
 */
function peak(work: string): number {
  const own = `/^VmHWM:\\s*(\\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))[1]`;
  const kib = process.platform === "linux" ? own : "process.resourceUsage().maxRSS";
  const script = `import { readFileSync } from "node:fs"; ${work}; process.stdout.write(String(${kib} / 1024));`;
  return Number(
    execFileSync(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    }),
  );
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
