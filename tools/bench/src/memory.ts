import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { blobBenchmarks } from "./blobs.ts";
import { byteCopyBenchmarks } from "./copies.ts";
import { remoteBenchmarks } from "./remotes.ts";
import { repositoryBenchmarks } from "./repositories.ts";

/**
 * Returns the peak memory of a Node process that does `work`, in MiB. On Linux it reads `VmHWM`, because `maxRSS`
 * includes the process that was forked.
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

/**
 * Returns the memory that the large blobs, the large tree and the copies of a large image take in addition to an idle
 * process, in MiB, and the limits. An idle process takes about 45.
 *
 * @param isWanted - Whether to measure the benchmark with that name.
 */
export function* measureMemory(
  isWanted: (name: string) => boolean,
): Generator<{ name: string; more: number; most: number }, void, undefined> {
  const module = fileURLToPath(new URL("./run-one.js", import.meta.url));
  const idle = peak("");
  for (const { name } of [
    ...blobBenchmarks.slice(0, 4),
    ...repositoryBenchmarks.slice(0, 1),
    ...byteCopyBenchmarks,
    ...remoteBenchmarks,
  ]) {
    if (!isWanted(name)) continue;
    const work = `const { runOne } = await import(${JSON.stringify(module)}); await runOne(${JSON.stringify(name)})`;
    yield { name, more: peak(work) - idle, most: mostFor(name) };
  }
}

/** Copies from and to registries have several connections open, each with its buffers. */
function mostFor(name: string): number {
  return name.startsWith("remote") && name.includes("registry") ? 100 : 64;
}
