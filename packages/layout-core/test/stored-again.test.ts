import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";

import { blobPath, bytes, descriptorOf, freshLayout, rejection } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { nodeDisk, type Disk } from "../src/disk/disk.ts";
import type { LayoutRegistry } from "../src/index.ts";
import { openLayoutOn } from "../src/open-layout.ts";

const MIB = 1024 * 1024;
const content = new Uint8Array(3 * MIB + 5).map((_byte, at) => (at * 7) % 251);
const blob = descriptorOf(content);

interface Scene {
  readonly registry: LayoutRegistry;
  readonly path: string;
  /** The number of blobs that were written. */
  readonly written: () => number;
}

/** Opens a layout that has the blob. `change` may replace calls of the file system. */
async function prepare(change: (path: string) => Partial<Disk> = () => ({})): Promise<Scene> {
  const directory = freshLayout();
  const path = blobPath(directory, blob.digest);
  await using first = openLayoutOn(nodeDisk, directory, { durability: "none" });
  await first.pushBlob("a", blob, content);
  let written = 0;
  const open: Disk["open"] = async (name, flags) => {
    if (name.endsWith(".blob")) written += 1;
    return nodeDisk.open(name, flags);
  };
  const registry = openLayoutOn({ ...nodeDisk, open, ...change(path) }, directory, { durability: "none" });
  return { registry, path, written: () => written };
}

/** Splits content into chunks of an odd size. */
function* split(all: Uint8Array, size = 100_003): Generator<Uint8Array, void, undefined> {
  for (let at = 0; at < all.length; at += size) yield all.subarray(at, at + size);
}

function expectIntact(path: string): void {
  expect(Buffer.compare(readFileSync(path), content)).toBe(0);
}

// clause 6
describe("a blob that is stored already", () => {
  it.each<readonly [string, () => Uint8Array | Iterable<Uint8Array>]>([
    ["whole", () => content],
    ["in chunks", () => split(content)],
  ])("is not written again if it is pushed %s, and counts as written now", async (_, source) => {
    const { registry, path, written } = await prepare();
    utimesSync(path, 1, 1);
    const { ino } = statSync(path);
    expect(await registry.pushBlob("a", { digest: blob.digest }, source())).toEqual({
      ...blob,
      mediaType: "application/octet-stream",
    });
    expect(written()).toBe(0);
    expect(statSync(path).ino).toBe(ino);
    expect(Date.now() - statSync(path).mtimeMs).toBeLessThan(60_000);
  });

  it.each<readonly [string, Uint8Array]>([
    ["differs at its end", content.with(content.length - 1, 255)],
    ["differs at its start", content.with(0, 255)],
    ["is longer", Buffer.concat([content, bytes("!")])],
    ["is shorter", content.subarray(0, content.length - 1)],
    ["is empty", new Uint8Array()],
  ])("stays, and a push under its digest of content that %s fails with DIGEST_INVALID", async (_, other) => {
    const { registry, path } = await prepare();
    for (const source of [other, split(other)]) {
      const error = await rejection(registry.pushBlob("a", { digest: blob.digest }, source));
      expect(error).toMatchObject({ code: "DIGEST_INVALID" });
    }
    expectIntact(path);
  });

  it.each<readonly [string, Uint8Array]>([
    ["has another last byte", content.with(content.length - 1, 255)],
    ["has another first byte", content.with(0, 255)],
    ["is longer", Buffer.concat([content, bytes("!")])],
    ["is shorter", content.subarray(0, MIB)],
    ["is empty", new Uint8Array()],
  ])("is replaced if its file %s", async (_, damaged) => {
    for (const size of [blob.size, undefined]) {
      const { registry, path } = await prepare();
      writeFileSync(path, damaged);
      await registry.pushBlob("a", { digest: blob.digest, size }, split(content));
      expectIntact(path);
    }
  });

  it("is not taken for intact because the same corrupt content is pushed", async () => {
    const { registry, path } = await prepare();
    const damaged = content.with(5, 255);
    writeFileSync(path, damaged);
    await expect(registry.pushBlob("a", blob, damaged)).rejects.toMatchObject({ code: "DIGEST_INVALID" });
  });

  it("is stored by the next push if its file is damaged in place after the comparison", async () => {
    const { registry, path } = await prepare((blobFile) => ({
      link: async (from, to) => {
        writeFileSync(blobFile, "x");
        return nodeDisk.link(from, to);
      },
    }));
    await expect(registry.pushBlob("a", blob, content)).rejects.toMatchObject({ code: "CONTENT_CORRUPT" });
    const again = openLayoutOn(nodeDisk, registry.directory, { durability: "none" });
    await again.pushBlob("a", blob, content);
    expectIntact(path);
  });

  it("is stored if a garbage collection removes its file after the comparison", async () => {
    let isRemoved = false;
    const { registry, path } = await prepare((blobFile) => ({
      link: async (from, to) => {
        if (!isRemoved) rmSync(blobFile);
        isRemoved = true;
        return nodeDisk.link(from, to);
      },
    }));
    await registry.pushBlob("a", blob, content);
    expect(isRemoved).toBe(true);
    expectIntact(path);
  });

  it("may fail to be read once", async () => {
    let count = 0;
    const { registry, path, written } = await prepare(() => ({
      read: async (file, into, position) => {
        if (into.length === MIB) count += 1;
        if (count === 2) throw Object.assign(new Error("EIO"), { code: "EIO", syscall: "read" });
        return nodeDisk.read(file, into, position);
      },
    }));
    await registry.pushBlob("a", blob, content);
    expect(written()).toBe(1);
    expectIntact(path);
  });

  it("is kept if another process renewed it after the comparison", async () => {
    const { registry, path, written } = await prepare((blobFile) => ({
      link: async (from, to) => {
        utimesSync(blobFile, 1, 1);
        return nodeDisk.link(from, to);
      },
    }));
    await registry.pushBlob("a", blob, content);
    expect(written()).toBe(0);
    expect(Date.now() - statSync(path).mtimeMs).toBeLessThan(60_000);
  });

  it("has the size and digest checked, also if only the size is wrong", async () => {
    const { registry, path } = await prepare();
    for (const size of [1, content.length + 1])
      await expect(registry.pushBlob("a", { ...blob, size }, content)).rejects.toMatchObject({
        code: "SIZE_INVALID",
      });
    expectIntact(path);
  });
});
