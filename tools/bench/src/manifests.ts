import { readFileSync, statSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { join } from "node:path";

import type { LayoutRegistry } from "@ocilayout/layout-core";
import { openLayout } from "@ocilayout/layout-core";
import { collect, emptyDescriptor, ociMediaTypes } from "@ocilayout/oci-types";

import { bytes, describe, manifest, writeLayout } from "./content.ts";
import type { Benchmark, Measured } from "./measure.ts";
import { inTurn, time } from "./measure.ts";

const shared = Array.from({ length: 100 }, (_, i) => manifest(`shared ${i}`));

function sharedManifest(number: number): Uint8Array {
  return shared[number % shared.length] ?? bytes("");
}

/** Opens a layout of 100,000 tags on 100 manifests. */
async function openLarge(directory: string, count = 100_000): Promise<LayoutRegistry> {
  writeLayout(directory, count, sharedManifest);
  const registry = await openLayout(directory);
  await registry.resolveTag("a", "t0");
  // The layout does not trust the date of a file that was written just now.
  await new Promise((resolve) => setTimeout(resolve, 100));
  await registry.resolveTag("a", "t0");
  return registry;
}

const MANY = 20_000;

async function resolveTag(directory: string): Promise<Measured> {
  await using registry = await openLarge(directory);
  const path = join(directory, "index.json");
  const measured = await inTurn(
    5,
    async () => {
      for (let i = 0; i < MANY; i += 1) await registry.resolveTag("a", `t${(i * 7919) % 100_000}`);
    },
    () => {
      for (let i = 0; i < MANY; i += 1) statSync(path, { bigint: true });
    },
  );
  return measured;
}

async function getManifest(directory: string): Promise<Measured> {
  const count = 10_000;
  const contents = Array.from({ length: count }, (_, i) => manifest(String(i)));
  writeLayout(directory, count, (i) => contents[i] ?? bytes(""));
  const digests = contents.map((content) => describe(content, "").digest);
  await using registry = await openLayout(directory);
  const some = Array.from({ length: 2_000 }, (_, i) => digests[(i * 7919) % count] ?? "");
  return await inTurn(
    5,
    async () => {
      for (const digest of some) await (await registry.getManifest("a", digest)).bytes();
    },
    async () => {
      for (const digest of some) {
        const file = await open(join(directory, "blobs", digest.replace(":", "/")));
        await file.readFile();
        await file.close();
      }
    },
  );
}

/** Serializes and writes an index of that size as durably as the layout does, and does nothing else. */
async function replaceIndex(directory: string, entries: readonly unknown[]): Promise<void> {
  const temporary = join(directory, "limit.tmp");
  const file = await open(temporary, "w");
  await file.write(Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: entries })));
  await file.sync();
  await file.close();
  await rename(temporary, join(directory, "limit.json"));
  const handle = await open(directory);
  await handle.sync();
  await handle.close();
}

async function pushOneByOne(directory: string, count: number): Promise<Measured> {
  await using registry = await openLarge(directory, count);
  const { manifests } = JSON.parse(readFileSync(join(directory, "index.json"), "utf8")) as {
    manifests: unknown[];
  };
  return await inTurn(
    9,
    (number) =>
      registry.pushManifest("a", sharedManifest(number), ociMediaTypes.imageManifest, {
        tags: [`new${number}`],
      }),
    () => replaceIndex(directory, manifests),
  );
}

async function pushTogether(directory: string): Promise<Measured> {
  await using registry = await openLarge(directory);
  const push = (tag: string, number: number): Promise<unknown> =>
    registry.pushManifest("a", sharedManifest(number), ociMediaTypes.imageManifest, { tags: [tag] });
  return await inTurn(
    5,
    (number) => Promise.all(Array.from({ length: 100 }, (_, i) => push(`many-${number}-${i}`, i))),
    (number) => push(`one-${number}`, number),
  );
}

async function referrers(directory: string): Promise<Measured> {
  const count = 10_000;
  const subjects = Array.from({ length: 1_000 }, (_, i) =>
    describe(bytes(`subject ${i}`), ociMediaTypes.imageManifest),
  );
  const contents = Array.from({ length: count }, (_, i) => manifest(String(i), subjects[i % 1_000]));
  writeLayout(directory, count, (i) => contents[i] ?? bytes(""));
  await using registry = await openLayout(directory);
  const find = async (number: number): Promise<void> => {
    const found = await collect(registry.referrers("a", subjects[number % 1_000]?.digest ?? ""));
    if (found.length !== 10) throw new Error(`found ${found.length} referrers, expected 10`);
  };
  await find(0);
  // The limit is a millisecond for finding 10 referrers among 10,000 manifests.
  return { ours: await time(200, find), limit: 1 };
}

async function openAndResolve(directory: string): Promise<Measured> {
  writeLayout(directory, 100_000, sharedManifest);
  const path = join(directory, "index.json");
  return await inTurn(
    5,
    async () => {
      await using registry = await openLayout(directory);
      await registry.resolveTag("a", "t99999");
    },
    () => JSON.parse(readFileSync(path, "utf8")) as unknown,
  );
}

/** Compares 30 levels, each with two references to the next, with a chain of 30 levels. */
async function diamond(directory: string): Promise<Measured> {
  const nest = async (times: number): Promise<() => Promise<void>> => {
    const layout = join(directory, String(times));
    const registry = await openLayout(layout, { durability: "none" });
    await registry.pushBlob("a", emptyDescriptor, bytes("{}"));
    let top = await registry.pushManifest("a", manifest("bottom"), ociMediaTypes.imageManifest);
    const bottom = top.digest;
    for (let level = 0; level < 30; level += 1) {
      const manifests = Array.from({ length: times }, (_, i) => ({ ...top, annotations: { i: String(i) } }));
      top = await registry.pushManifest(
        "a",
        bytes(JSON.stringify({ schemaVersion: 2, mediaType: ociMediaTypes.imageIndex, manifests })),
        ociMediaTypes.imageIndex,
      );
    }
    await registry.close();
    return async () => {
      await using other = await openLayout(layout);
      await other.resolveManifest("a", bottom);
    };
  };
  const [twice, once] = [await nest(2), await nest(1)];
  return await inTurn(5, twice, once);
}

/** The benchmarks of manifests and tags. */
export const manifestBenchmarks: readonly Benchmark[] = [
  { name: "resolveTag, 100,000 tags", limit: "stat", most: 2, run: resolveTag },
  { name: "getManifest, 10,000 manifests", limit: "opening and reading the file", most: 3, run: getManifest },
  {
    name: "pushManifest, 10,000 entries",
    limit: "serialising and writing the index, fsync",
    most: 1.5,
    run: (directory) => pushOneByOne(directory, 10_000),
  },
  {
    name: "pushManifest, 100,000 entries",
    limit: "serialising and writing the index, fsync",
    most: 1.5,
    run: (directory) => pushOneByOne(directory, 100_000),
  },
  { name: "pushManifest, 100 at once", limit: "one of them", most: 3, run: pushTogether },
  { name: "referrers, 10 of 10,000, warm", limit: "a millisecond", most: 1, run: referrers },
  {
    name: "open and resolveTag, 100,000 tags",
    limit: "JSON.parse of the file",
    most: 3,
    run: openAndResolve,
  },
  { name: "a diamond of 30 levels", limit: "a chain of 30 levels", most: 2, run: diamond },
];
