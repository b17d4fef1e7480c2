import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { archiveMemory } from "./archives.ts";
import { blobBenchmarks } from "./blobs.ts";
import { byteCopyBenchmarks } from "./copies.ts";
import { listBenchmarks } from "./layers.ts";
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

const MOST = 64;
/** Listing files keeps the tree of a layer. */
const MOST_FOR_FILES = 96;
/** 150 megabytes, Node included. */
const MOST_FOR_REMOTES = 150e6 / 1024 ** 2;

/** The memory of a benchmark, in MiB, and its limit. */
export interface MeasuredMemory {
  readonly name: string;
  readonly used: number;
  readonly most: number;
  /** Whether `used` includes the memory of an idle process. */
  readonly isWhole: boolean;
}

/**
 * Returns the memory of some benchmarks, in addition to an idle process or in all. They are about large blobs, a large tree, and
 * the copies and the files of a large image. An idle process takes about 45 MiB.
 *
 * @param isWanted - Whether to measure the benchmark with that name.
 */
export function* measureMemory(
  isWanted: (name: string) => boolean,
): Generator<MeasuredMemory, void, undefined> {
  const module = fileURLToPath(new URL("./run-one.js", import.meta.url));
  const idle = peak("");
  for (const { name } of [
    ...blobBenchmarks.slice(0, 4),
    ...repositoryBenchmarks.slice(0, 1),
    ...byteCopyBenchmarks,
    archiveMemory,
    ...listBenchmarks,
    ...remoteBenchmarks,
  ]) {
    if (!isWanted(name)) continue;
    const work = `const { runOne } = await import(${JSON.stringify(module)}); await runOne(${JSON.stringify(name)})`;
    const isWhole = isRemoteCopy(name);
    yield { name, used: peak(work) - (isWhole ? 0 : idle), most: mostFor(name), isWhole };
  }
}

function mostFor(name: string): number {
  if (listBenchmarks.some((it) => it.name === name)) return MOST_FOR_FILES;
  return isRemoteCopy(name) ? MOST_FOR_REMOTES : MOST;
}

function isRemoteCopy(name: string): boolean {
  return name.startsWith("remote") && name.includes("registry");
}
