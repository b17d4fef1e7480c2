import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { LayoutRegistry } from "@ocilayout/layout-core";
import { openLayout } from "@ocilayout/layout-core";
import { ociMediaTypes } from "@ocilayout/oci-types";

import { bytes, describe } from "./content.ts";
import type { Benchmark, Measured } from "./measure.ts";

const COUNT = 40_000;
const RUNS = 5;

/** Returns one entry of the index. All entries have different digests, or all have the same. */
function entry(number: number, digests: "many" | "one"): object {
  const descriptor = describe(bytes(digests === "many" ? `m${number}` : "m"), ociMediaTypes.imageManifest);
  return { ...descriptor, annotations: { "org.opencontainers.image.ref.name": `a:t${number}` } };
}

/** Writes a layout with {@link COUNT} tags, whose manifests are missing. Returns the text of its index. */
function writeIndex(directory: string, digests: "many" | "one"): string {
  const manifests = Array.from({ length: COUNT }, (_, number) => entry(number, digests));
  const text = JSON.stringify({ schemaVersion: 2, mediaType: ociMediaTypes.imageIndex, manifests });
  mkdirSync(join(directory, "blobs", "sha256"), { recursive: true });
  writeFileSync(join(directory, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(directory, "index.json"), text);
  return text;
}

/** Returns the longest time for which `work` keeps a timer from firing, in milliseconds. */
async function longestBlock(work: () => Promise<unknown>): Promise<number> {
  let last = performance.now();
  let longest = 0;
  const beat = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last - 1);
    last = now;
  };
  const timer = setInterval(beat, 1);
  await work();
  beat();
  clearInterval(timer);
  return longest;
}

function median(numbers: number[]): number {
  return numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

/**
 * Compares the longest block of `work` with parsing and writing the same index in one go, which blocks all the time.
 * Each run has its own layout. The first run, which compiles the code, does not count.
 *
 * @param isOpen - Whether the index is read before, without being measured.
 */
async function block(
  directory: string,
  digests: "many" | "one",
  isOpen: boolean,
  work: (registry: LayoutRegistry) => Promise<unknown>,
): Promise<Measured> {
  const ours: number[] = [];
  const limits: number[] = [];
  for (let run = 0; run <= RUNS; run += 1) {
    const layout = join(directory, String(run));
    const text = writeIndex(layout, digests);
    await using registry = await openLayout(layout, { durability: "none" });
    if (isOpen) await registry.resolveTag("a", "t0");
    const longest = await longestBlock(() => work(registry));
    const started = performance.now();
    JSON.stringify(JSON.parse(text));
    if (run === 0) continue;
    limits.push(performance.now() - started);
    ours.push(longest);
  }
  return { ours: median(ours), limit: median(limits) };
}

async function pushAtOnce(registry: LayoutRegistry): Promise<void> {
  const push = (number: number): Promise<unknown> =>
    registry.pushManifest("b", bytes(`m${number}`), "application/vnd.example", { tags: [`t${number}`] });
  await Promise.all(Array.from({ length: 10_000 }, (_, number) => push(number)));
}

async function pushBlobsAtOnce(registry: LayoutRegistry): Promise<void> {
  const contents = Array.from({ length: 400 }, (_, number) => Buffer.alloc(4096, String(number)));
  await Promise.all(contents.map((content) => registry.pushBlob("b", describe(content, ""), content)));
}

const limit = "parsing and writing the same index in one go";

/**
 * Benchmarks of the longest block of the event loop, in layouts of 40,000 entries. The process does nothing else
 * meanwhile.
 */
export const eventLoopBenchmarks: readonly Benchmark[] = [
  {
    name: "block: open",
    limit,
    most: 1,
    run: (it) => block(it, "many", false, (registry) => registry.resolveTag("a", "t1")),
  },
  {
    name: "block: push into many",
    limit,
    most: 1,
    run: (it) =>
      block(it, "many", true, (registry) =>
        registry.pushManifest("a", bytes("x"), "application/vnd.example", { tags: ["x"] }),
      ),
  },
  {
    name: "block: deleteManifest of many tags",
    limit,
    most: 1,
    run: (it) =>
      block(it, "one", true, (registry) => registry.deleteManifest("a", describe(bytes("m"), "").digest)),
  },
  {
    name: "block: 400 blobs at once",
    limit,
    most: 1,
    run: (it) => block(it, "many", true, pushBlobsAtOnce),
  },
  { name: "block: 10,000 pushes at once", limit, most: 2, run: (it) => block(it, "many", true, pushAtOnce) },
  {
    name: "block: gc",
    limit,
    most: 1,
    run: (it) => block(it, "many", true, (registry) => registry.gc({ dryRun: true })),
  },
];
