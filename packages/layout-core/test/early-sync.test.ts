import { readdirSync } from "node:fs";
import { join } from "node:path";

import { computeDigest } from "@ocilayout/oci-types";
import { temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { nodeDisk, type Disk } from "../src/disk/disk.ts";
import { EarlySync, SYNC_BYTES } from "../src/blobs/early-sync.ts";
import { isReserve } from "../src/lock/reserve.ts";
import { openLayoutOn } from "../src/open-layout.ts";

/** Returns a disk that counts flushes. A flush lasts until the test ends it; the first `failing` flushes fail. */
function flushing(failing = 0): { disk: Disk; flushes: (() => void)[] } {
  const flushes: (() => void)[] = [];
  const sync = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const number = flushes.length;
      flushes.push(() => {
        if (number < failing) reject(new Error("EIO"));
        else resolve();
      });
    });
  return { disk: { ...nodeDisk, sync }, flushes };
}

const chunk = new Uint8Array(1024 * 1024).fill(7);
const count = (2 * SYNC_BYTES) / chunk.length + 1;

function* chunks(): Generator<Uint8Array> {
  for (let i = 0; i < count; i += 1) yield chunk;
}

describe("a file that is being written", () => {
  it("is flushed after every few mebibytes, one flush at a time", async () => {
    const { disk, flushes } = flushing();
    const early = new EarlySync(disk, 0, true);
    early.wrote(SYNC_BYTES - 1);
    expect(flushes).toHaveLength(0);
    early.wrote(1);
    expect(flushes).toHaveLength(1);
    early.wrote(2 * SYNC_BYTES);
    expect(flushes).toHaveLength(1);
    flushes[0]?.();
    await early.settle();
    early.wrote(0);
    expect(flushes).toHaveLength(2);
  });

  it("is flushed less often the larger it is", async () => {
    const disk: Disk = { ...nodeDisk, sync: () => Promise.resolve(void (count += 1)) };
    let count = 0;
    const early = new EarlySync(disk, 0, true);
    const mebibytes = 1024;
    for (let i = 0; i < mebibytes; i += 1) {
      early.wrote(1024 * 1024);
      await early.settle();
    }
    expect(count).toBeGreaterThan(mebibytes / 32);
    expect(count).toBeLessThan(mebibytes / 32 + 16);
  });

  it("is flushed at its end, after the flush in progress", async () => {
    const { disk, flushes } = flushing();
    const early = new EarlySync(disk, 0, true);
    early.wrote(SYNC_BYTES);
    const ended = early.end();
    expect(flushes).toHaveLength(1);
    flushes[0]?.();
    await expect.poll(() => flushes.length).toBe(2);
    flushes[1]?.();
    await ended;
  });

  it("fails after a failed flush, and is not flushed again", async () => {
    const { disk, flushes } = flushing(1);
    const early = new EarlySync(disk, 0, true);
    early.wrote(SYNC_BYTES);
    flushes[0]?.();
    await expect(early.end()).rejects.toThrow("EIO");
    await expect(early.end()).rejects.toThrow("EIO");
    expect([flushes.length, early.hasFailed]).toEqual([1, true]);
  });

  it("is never flushed with the durability none", async () => {
    const { disk, flushes } = flushing();
    const early = new EarlySync(disk, 0, false);
    early.wrote(10 * SYNC_BYTES);
    await early.end();
    expect(flushes).toHaveLength(0);
  });
});

describe("a large blob whose early flush fails", () => {
  const failing = (): Disk => {
    let hasFailed = false;
    return {
      ...nodeDisk,
      sync: async (file) => {
        const isLarge = (await nodeDisk.fstat(file)).size >= SYNC_BYTES;
        const fails = isLarge && !hasFailed;
        hasFailed ||= isLarge;
        if (fails) throw Object.assign(new Error("EIO"), { code: "EIO", syscall: "fsync" });
        await nodeDisk.sync(file);
      },
    };
  };

  it("is not stored, and leaves nothing", async () => {
    const directory = temporaryDirectory();
    const { digest } = await computeDigest(chunks());
    await openLayoutOn(nodeDisk, directory).pushManifest("a", new Uint8Array([1]), "application/x-a");
    await using registry = openLayoutOn(failing(), directory);
    await expect(registry.pushBlob("a", { digest }, chunks())).rejects.toMatchObject({
      code: "STORAGE_FAILED",
    });
    await expect(registry.resolveBlob("a", digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
    expect(readdirSync(join(directory, "_uploads")).filter((name) => !isReserve(name))).toEqual([]);
  });

  it.each(["commit", "close"] as const)("fails the upload at its %s, and ends the session", async (end) => {
    const directory = temporaryDirectory();
    const { digest } = await computeDigest(chunks());
    await openLayoutOn(nodeDisk, directory).pushManifest("a", new Uint8Array([1]), "application/x-a");
    await using registry = openLayoutOn(failing(), directory);
    const writer = await registry.pushBlobChunked("a");
    for (const it of chunks()) await writer.write(it);
    if (end === "commit")
      await expect(writer.commit(digest)).rejects.toMatchObject({ code: "STORAGE_FAILED" });
    else await writer.close();
    await expect(registry.pushBlobChunkedResume("a", writer.id)).rejects.toMatchObject({
      code: "BLOB_UPLOAD_UNKNOWN",
    });
    await expect(registry.resolveBlob("a", digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
    expect(readdirSync(join(directory, "_uploads")).filter((name) => !isReserve(name))).toEqual([]);
  });
});
