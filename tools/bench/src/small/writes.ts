import type { LayoutRegistry } from "@ocilayout/layout-core";
import type { Descriptor } from "@ocilayout/oci-types";
import { ociMediaTypes } from "@ocilayout/oci-types";

import { describe, manifest, MIB } from "../content.ts";
import type { Benchmark, Measured } from "../measure.ts";
import { inTurn } from "../measure.ts";
import { indexText, openTagged, smallBlob } from "./fixtures.ts";
import { hash, replaceIndex, writeBlob } from "./raw-calls.ts";

const RUNS = 41;
const BATCH = 10;
const AT_ONCE = 400;

/** Content to push, and its descriptor, which is not measured: a caller must know it. */
interface Prepared {
  readonly content: Uint8Array;
  readonly descriptor: Descriptor;
}

/** Makes small blobs for each run of a benchmark. */
function prepare(kind: string, runs: number, count: number): (run: number) => readonly Prepared[] {
  const made = Array.from({ length: runs }, (_, run) =>
    Array.from({ length: count }, (_, i) => {
      const content = smallBlob(`${kind} ${run} ${i}`);
      return { content, descriptor: describe(content, "") };
    }),
  );
  return (run) => made[run] ?? [];
}

function pushBlob(registry: LayoutRegistry, { content, descriptor }: Prepared): Promise<unknown> {
  return registry.pushBlob("a", descriptor, content);
}

function pushTagged(registry: LayoutRegistry, content: Uint8Array, tag: string): Promise<unknown> {
  return registry.pushManifest("a", content, ociMediaTypes.imageManifest, { tags: [tag] });
}

/** More than of others, because V8 compiles the code of a push after hundreds. */
const PUSH_RUNS = 201;

async function pushBlobs(directory: string): Promise<Measured> {
  await using registry = await openTagged(directory, 1_000);
  const ours = prepare("ours", PUSH_RUNS, BATCH);
  const raw = prepare("raw", PUSH_RUNS, BATCH);
  return await inTurn(
    PUSH_RUNS,
    async (run) => {
      for (const blob of ours(run)) await pushBlob(registry, blob);
    },
    (run) => {
      for (const { content } of raw(run)) writeBlob(directory, content);
    },
  );
}

async function pushBlobsAtOnce(directory: string): Promise<Measured> {
  await using registry = await openTagged(directory, 1_000);
  const ours = prepare("ours", 11, AT_ONCE);
  const raw = prepare("raw", 11, AT_ONCE);
  return await inTurn(
    11,
    (run) => Promise.all(ours(run).map((blob) => pushBlob(registry, blob))),
    (run) => {
      for (const { content } of raw(run)) writeBlob(directory, content);
    },
  );
}

/** How much longer than hashing the push of a stored blob may take, in milliseconds. */
const STORED_MS = 0.3;

async function pushStored(directory: string, content: Uint8Array): Promise<Measured> {
  await using registry = await openTagged(directory, 1_000);
  const blob = { content, descriptor: describe(content, "") };
  await pushBlob(registry, blob);
  const measured = await inTurn(
    RUNS,
    async () => {
      for (let i = 0; i < BATCH; i += 1) await pushBlob(registry, blob);
    },
    () => {
      for (let i = 0; i < BATCH; i += 1) hash(content);
    },
  );
  return { ...measured, limit: measured.limit + BATCH * STORED_MS };
}

async function pushManifest(directory: string): Promise<Measured> {
  await using registry = await openTagged(directory, 1_000);
  let text = "";
  return await inTurn(
    RUNS,
    async (run) => {
      for (let i = 0; i < BATCH; i += 1)
        await pushTagged(registry, manifest(`ours ${run} ${i}`), `new${run}-${i}`);
    },
    (run) => {
      for (let i = 0; i < BATCH; i += 1) {
        writeBlob(directory, manifest(`raw ${run} ${i}`));
        replaceIndex(directory, text);
      }
    },
    () => (text = indexText(directory)),
  );
}

async function deleteTag(directory: string): Promise<Measured> {
  await using registry = await openTagged(directory, 1_000);
  let text = "";
  return await inTurn(
    RUNS,
    async (run) => {
      for (let i = 0; i < BATCH; i += 1) await registry.deleteTag("a", `t${run * BATCH + i}`);
    },
    () => {
      for (let i = 0; i < BATCH; i += 1) replaceIndex(directory, text);
    },
    () => (text = indexText(directory)),
  );
}

async function pushManifestsAtOnce(directory: string, count: number): Promise<Measured> {
  await using registry = await openTagged(directory, count);
  const contents = Array.from({ length: 100 }, (_, i) => manifest(`shared ${i}`));
  const push = (number: number, tag: string): Promise<unknown> =>
    pushTagged(registry, contents[number % 100] ?? new Uint8Array(), tag);
  return await inTurn(
    count > 10_000 ? 5 : 11,
    (run) => Promise.all(contents.map((_, i) => push(i, `many-${run}-${i}`))),
    (run) => push(run, `one-${run}`),
  );
}

async function pushManifestsDurably(directory: string): Promise<Measured> {
  await using registry = await openTagged(directory, 1_000, "fsync");
  const numbers = Array.from({ length: 100 }, (_, i) => i);
  return await inTurn(
    11,
    (run) =>
      Promise.all(numbers.map((i) => pushTagged(registry, manifest(`many ${run} ${i}`), `many-${run}-${i}`))),
    (run) => pushTagged(registry, manifest(`one ${run}`), `one-${run}`),
  );
}

const LOCKED = "lock, write, rename";

/** The benchmarks of small writes. Nothing is synced to the disk, unless the name has `fsync`. */
export const smallWrites: readonly Benchmark[] = [
  {
    name: "small: push 4 KiB",
    limit: "SHA-256, open, write, close, rename",
    most: 5,
    aim: 2,
    operations: BATCH,
    run: pushBlobs,
  },
  {
    name: `small: push 4 KiB, ${AT_ONCE} at once`,
    limit: "SHA-256, open, write, close, rename",
    most: 5,
    aim: 1 / 0.6,
    operations: AT_ONCE,
    run: pushBlobsAtOnce,
  },
  {
    name: "small: push a stored 4 KiB",
    limit: "SHA-256 and 300 µs",
    most: 6,
    aim: 1,
    operations: BATCH,
    run: (it) => pushStored(it, smallBlob("stored")),
  },
  {
    name: "small: push a stored 16 MiB",
    limit: "SHA-256 and 300 µs",
    most: 3.5,
    aim: 1,
    operations: BATCH,
    run: (it) => pushStored(it, Buffer.alloc(16 * MIB, "ocilayout")),
  },
  {
    name: "small: push a manifest and a tag",
    limit: LOCKED,
    most: 3,
    aim: 1.5,
    operations: BATCH,
    run: pushManifest,
  },
  { name: "small: delete a tag", limit: LOCKED, most: 4, aim: 1.5, operations: BATCH, run: deleteTag },
  {
    name: "small: push 100 at once, 10,000 tags",
    limit: "one of them",
    most: 14,
    aim: 3,
    run: (it) => pushManifestsAtOnce(it, 10_000),
  },
  {
    name: "small: push 100 at once, 100,000 tags",
    limit: "one of them",
    most: 3,
    run: (it) => pushManifestsAtOnce(it, 100_000),
  },
  {
    name: "small: push 100 manifests at once, fsync",
    limit: "one of them",
    most: 14,
    run: pushManifestsDurably,
  },
];
