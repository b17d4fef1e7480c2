import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { openLayout } from "@ocilayout/layout-core";
import { collect, ociMediaTypes } from "@ocilayout/oci-types";

import { bytes, describe, manifest, writeLayout } from "../content.ts";
import type { Benchmark, Measured } from "../measure.ts";
import { inTurn } from "../measure.ts";
import { blobPath, openTagged, SMALL_BYTES, untilSettled, writeBlobs } from "./fixtures.ts";
import { readAndHash, statAndCopy } from "./raw-calls.ts";

/** More blobs than the cache of small files can hold, so that each is read from its file. */
const TOO_MANY = 12_000;
const RUNS = 41;
const BATCH = 100;

/** Reads different blobs each time, or the same again and again. */
async function getBlob(directory: string, from: "file" | "cache"): Promise<Measured> {
  await using registry = await openTagged(directory, 1_000);
  const blobs = writeBlobs(directory, from === "file" ? TOO_MANY : BATCH);
  await untilSettled();
  const batch = (run: number): typeof blobs =>
    Array.from({ length: BATCH }, (_, i) => blobs[(run * BATCH + i) % blobs.length] ?? fail());
  for (const { digest } of blobs) await (await registry.getBlob("a", digest)).bytes();
  return await inTurn(
    RUNS,
    async (run) => {
      for (const { digest } of batch(run)) await (await registry.getBlob("a", digest)).bytes();
    },
    (run) => {
      for (const { digest, content } of batch(run)) {
        const path = blobPath(directory, digest);
        if (from === "file") readAndHash(path);
        else statAndCopy(path, content);
      }
    },
  );
}

/** Returns a manifest with as many bytes as a small blob. */
function largeManifest(name: string): Uint8Array {
  const base = manifest(name).length;
  return manifest(`${name}${" ".repeat(SMALL_BYTES - base)}`);
}

async function getManifest(directory: string, from: "file" | "cache"): Promise<Measured> {
  const count = from === "file" ? TOO_MANY : BATCH;
  const contents = Array.from({ length: count }, (_, i) => largeManifest(String(i)));
  const digests = contents.map((content) => describe(content, "").digest);
  writeLayout(directory, count, (i) => contents[i] ?? fail());
  await untilSettled();
  await using registry = await openLayout(directory, { durability: "none" });
  for (const digest of digests) await (await registry.getManifest("a", digest)).bytes();
  const at = (run: number, i: number): number => (run * BATCH + i) % count;
  return await inTurn(
    RUNS,
    async (run) => {
      for (let i = 0; i < BATCH; i += 1)
        await (await registry.getManifest("a", digests[at(run, i)] ?? "")).bytes();
    },
    (run) => {
      for (let i = 0; i < BATCH; i += 1) {
        const path = blobPath(directory, digests[at(run, i)] ?? "");
        if (from === "file") readAndHash(path);
        else statAndCopy(path, contents[at(run, i)] ?? fail());
      }
    },
  );
}

/** Yields items as any list of a registry must. */
async function* listed<Item>(items: readonly Item[]): AsyncGenerator<Item, void, undefined> {
  for (const item of items) yield item;
}

async function listTags(directory: string): Promise<Measured> {
  await using registry = await openTagged(directory, 1_000);
  const tags = await collect(registry.tags("a"));
  return await inTurn(
    RUNS,
    () => collect(registry.tags("a")),
    () => {
      statSync(join(directory, "index.json"), { bigint: true });
      return collect(listed(tags));
    },
  );
}

async function referrers(directory: string): Promise<Measured> {
  const subject = describe(bytes("subject"), ociMediaTypes.imageManifest);
  const contents = Array.from({ length: 100 }, (_, i) => manifest(String(i), subject));
  writeLayout(directory, 100, (i) => contents[i] ?? fail());
  await untilSettled();
  await using registry = await openLayout(directory, { durability: "none" });
  const found = await collect(registry.referrers("a", subject.digest));
  if (found.length !== 100) fail();
  return await inTurn(
    RUNS,
    () => collect(registry.referrers("a", subject.digest)),
    () => {
      statSync(join(directory, "index.json"), { bigint: true });
      return collect(listed(found.map((descriptor) => ({ ...descriptor }))));
    },
  );
}

/** How often a layout of `count` tags is opened in a row. */
function opened(count: number): number {
  return count > 10_000 ? 1 : 10;
}

async function openAndResolve(directory: string, count: number): Promise<Measured> {
  await (await openTagged(directory, count)).close();
  const path = join(directory, "index.json");
  return await inTurn(
    count > 10_000 ? 9 : RUNS,
    async () => {
      for (let i = 0; i < opened(count); i += 1) {
        await using registry = await openLayout(directory);
        await registry.resolveTag("a", `t${count - 1}`);
      }
    },
    () => {
      for (let i = 0; i < opened(count); i += 1) JSON.parse(readFileSync(path, "utf8"));
    },
  );
}

function fail(): never {
  throw new Error("the benchmark has other content than it wrote");
}

const READING = "open, fstat, read, close, SHA-256";
const CACHED = "stat and a copy";
const LISTING = "stat, and an async list of as many";
const PARSING = "reading and JSON.parse";

/** The benchmarks of small reads. */
export const smallReads: readonly Benchmark[] = [
  {
    name: "small: get 4 KiB",
    limit: READING,
    most: 4,
    aim: 2,
    operations: BATCH,
    run: (it) => getBlob(it, "file"),
  },
  {
    name: "small: get 4 KiB, cached",
    limit: CACHED,
    most: 8,
    aim: 1.2,
    operations: BATCH,
    run: (it) => getBlob(it, "cache"),
  },
  {
    name: "small: get a manifest",
    limit: READING,
    most: 5,
    aim: 2,
    operations: BATCH,
    run: (it) => getManifest(it, "file"),
  },
  {
    name: "small: get a manifest, cached",
    limit: CACHED,
    most: 8,
    aim: 1.2,
    operations: BATCH,
    run: (it) => getManifest(it, "cache"),
  },
  { name: "small: list 1,000 tags", limit: LISTING, most: 6, operations: 1, run: listTags },
  { name: "small: list 100 referrers", limit: LISTING, most: 10, operations: 1, run: referrers },
  {
    name: "small: open and resolve, 1,000 tags",
    limit: PARSING,
    most: 4,
    aim: 1.5,
    operations: opened(1_000),
    run: (it) => openAndResolve(it, 1_000),
  },
  {
    name: "small: open and resolve, 100,000 tags",
    limit: PARSING,
    most: 2,
    operations: 1,
    run: (it) => openAndResolve(it, 100_000),
  },
];
