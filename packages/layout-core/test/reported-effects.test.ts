import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";

import { emptyDescriptor, type Descriptor } from "@ocilayout/oci-types";
import { blobPath, bytes, descriptorOf, freshLayout, pushArtifact, rejection } from "@ocilayout/testing";
import { afterEach, describe, expect, it, vi } from "vitest";

import { nodeDisk, type Disk } from "../src/disk/disk.ts";
import { openLayout, type LayoutRegistry } from "../src/index.ts";
import { openLayoutOn } from "../src/open-layout.ts";
import { TransactionQueue } from "../src/index-json/transaction-queue.ts";

function failure(code: string): Promise<never> {
  return Promise.reject(Object.assign(new Error(code), { code, syscall: "rename" }));
}

/** Creates a layout with a tagged image and some unreferenced blobs. */
async function prepare(blobs: number): Promise<{ directory: string; unused: readonly Descriptor[] }> {
  const directory = freshLayout();
  await using registry = await openLayout(directory, { durability: "none" });
  await pushArtifact(registry, "a", "image", ["v1"]);
  const contents = Array.from({ length: blobs }, (_, i) => bytes(`unused ${i}`));
  for (const content of contents) await registry.pushBlob("a", descriptorOf(content), content);
  return {
    directory,
    unused: contents.map((content) => descriptorOf(content)).sort((a, b) => (a.digest < b.digest ? -1 : 1)),
  };
}

function openOn(directory: string, changes: Partial<Disk>): LayoutRegistry {
  return openLayoutOn({ ...nodeDisk, ...changes }, directory, { durability: "none", lockTimeoutMs: 5_000 });
}

/** Counts the jobs queued since the call: those that a test starts at once. */
function countQueued(): () => number {
  const spies = (["add", "addEffect"] as const).map((name) => vi.spyOn(TransactionQueue.prototype, name));
  return () => spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0);
}

/** Delays the lock until two jobs wait for it, so that they share it. */
function shareLock(queued: () => number): Disk["link"] {
  return async (from, to) => {
    while (to.endsWith(".index.json.lock") && queued() < 2) await nextTurn();
    return nodeDisk.link(from, to);
  };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("removals", () => {
  it("of deleteBlob succeed beside a push whose index cannot be written", async () => {
    const {
      directory,
      unused: [blob],
    } = await prepare(1);
    if (blob === undefined) throw new Error("no blob");
    const rename: Disk["rename"] = (from, to) =>
      to.endsWith("index.json") ? failure("ENOSPC") : nodeDisk.rename(from, to);
    await using registry = openOn(directory, { rename, link: shareLock(countQueued()) });
    const [pushed, deleted] = await Promise.allSettled([
      registry.pushManifest("a", bytes("opaque"), "application/x-thing", { tags: ["v2"] }),
      registry.deleteBlob("a", blob.digest),
    ]);
    expect(pushed).toMatchObject({ status: "rejected", reason: { code: "STORAGE_FAILED" } });
    expect(deleted.status === "fulfilled").toBe(!existsSync(blobPath(directory, blob.digest)));
    expect(deleted).toEqual({ status: "fulfilled", value: undefined });
  });

  it("of gc are all reported, even if another writer disturbs a push beside it", async () => {
    const { directory, unused } = await prepare(3);
    const index = join(directory, "index.json");
    let isDisturbed = false;
    const sync = async (file: number): Promise<void> => {
      await nodeDisk.sync(file);
      if (
        isDisturbed ||
        !readdirSync(directory).some(
          (name) => name.startsWith(".index.json.") && !name.startsWith(".index.json.lock"),
        )
      )
        return;
      // Another program rewrites index.json just before the push does.
      isDisturbed = true;
      writeFileSync(`${index}.aside`, readFileSync(index));
      renameSync(`${index}.aside`, index);
    };
    const queued = countQueued();
    await using registry = openLayoutOn({ ...nodeDisk, sync, link: shareLock(queued) }, directory, {
      lockTimeoutMs: 5_000,
    });
    const collecting = registry.gc({ graceMs: 0 });
    while (queued() < 1) await nextTurn();
    await registry.pushManifest("a", bytes("opaque"), "application/x-thing", { tags: ["v2"] });
    const report = await collecting;
    expect(isDisturbed).toBe(true);
    expect(unused.filter(({ digest }) => existsSync(blobPath(directory, digest)))).toEqual([]);
    expect(report.removed).toEqual(expect.arrayContaining(unused.map(({ digest }) => digest)));
  });

  it("of a gc that fails half-way are reported in detail", async () => {
    const { directory, unused } = await prepare(3);
    let count = 0;
    const unlink = (path: string): Promise<void> => {
      if (path.includes("blobs") && (count += 1) === 3) return failure("EIO");
      return nodeDisk.unlink(path);
    };
    await using registry = openOn(directory, { unlink });
    const error = await rejection(registry.gc({ graceMs: 0 }));
    const gone = unused
      .filter(({ digest }) => !existsSync(blobPath(directory, digest)))
      .map(({ digest }) => digest);
    expect(gone).toHaveLength(2);
    expect(error).toMatchObject({ code: "STORAGE_FAILED", detail: { systemCode: "EIO", removed: gone } });
    expect(existsSync(blobPath(directory, emptyDescriptor.digest))).toBe(true);
  });
});
