import { existsSync, fstatSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";

import { emptyDescriptor, isRegistryError, ociMediaTypes, type Descriptor } from "@ocilayout/oci-types";
import { artifact, blobPath, bytes, descriptorOf, freshLayout, rejection } from "@ocilayout/testing";
import { beforeEach, describe, expect, it } from "vitest";

import { directDisk } from "../src/disk/direct-disk.ts";
import type { Disk } from "../src/disk/disk.ts";
import type { LayoutRegistry } from "../src/index.ts";
import { openLayoutOn } from "../src/open-layout.ts";

interface Step {
  readonly name: "begin" | "end" | "rename";
  readonly path: string;
}

/** A layout on a slow disk that records flushes of directories, and renames. */
interface Scene {
  readonly directory: string;
  readonly registry: LayoutRegistry;
  /** Returns the number of flushes of a directory of the layout. */
  readonly flushes: (path: string) => number;
  /** Returns the largest number of files that were flushed at once. */
  readonly most: () => number;
  /** Begins to record and count anew. */
  readonly reset: () => void;
  /** The numbers of the flushes of `blobs/sha256` that fail. */
  readonly failing: Set<number>;
  /** Fails unless the names of these blobs are durable: a flush that began after the rename has ended. */
  readonly requireDurable: (digests: readonly string[]) => void;
}

/**
 * Each flush lasts until no other step has run for some turns of the event loop. Until then, all other calls have done
 * what they can do, as on a slow disk.
 */
async function prepare(): Promise<Scene> {
  const directory = freshLayout();
  const blobs = join(directory, "blobs", "sha256");
  const log: Step[] = [];
  const failing: Set<number> = new Set();
  let steps = 0;
  let flushing = 0;
  let most = 0;
  const untilIdle = async (): Promise<void> => {
    for (let idle = 0, before = steps; idle < 10; idle += 1) {
      await nextTurn();
      if (steps !== before) idle = 0;
      before = steps;
    }
  };
  const flushes = (path: string): number =>
    log.filter((step) => step.name === "begin" && step.path === join(directory, path)).length;
  const requireDurable = (digests: readonly string[]): void => {
    for (const digest of digests) {
      const path = blobPath(directory, digest);
      const renamed = log.findIndex((step) => step.name === "rename" && step.path === path);
      if (renamed < 0) continue;
      const began = log.findIndex((step, i) => i > renamed && step.name === "begin" && step.path === blobs);
      const ended = log.findIndex((step, i) => i > began && step.name === "end" && step.path === blobs);
      if (began < 0 || ended < 0) throw new Error(`${digest} is used before its name is durable`);
    }
  };
  const counted = Object.fromEntries(
    Object.entries(directDisk).map(([name, call]) => [
      name,
      (...args: never[]) => {
        steps += 1;
        return (call as (...all: never[]) => unknown)(...args);
      },
    ]),
  ) as unknown as Disk;
  const disk: Disk = {
    ...counted,
    async sync(file) {
      steps += 1;
      if (!fstatSync(file).isDirectory()) {
        flushing += 1;
        most = Math.max(most, flushing);
        await untilIdle();
        flushing -= 1;
        return;
      }
      const path = readlinkSync(`/proc/self/fd/${file}`);
      log.push({ name: "begin", path });
      const fails = path === blobs && failing.has(flushes("blobs/sha256"));
      await untilIdle();
      if (fails) throw Object.assign(new Error("EIO"), { code: "EIO", syscall: "fsync" });
      log.push({ name: "end", path });
    },
    async rename(from, to) {
      steps += 1;
      if (to === join(directory, "index.json")) requireDurable(readIndexed(from));
      await directDisk.rename(from, to);
      log.push({ name: "rename", path: to });
    },
  };
  const registry = openLayoutOn(disk, directory);
  await registry.pushBlob("a", emptyDescriptor, bytes("{}"));
  await registry.pushManifest("a", artifact("first"), ociMediaTypes.imageManifest, { tags: ["first"] });
  const reset = (): void => {
    log.length = 0;
    most = 0;
  };
  reset();
  return { directory, registry, flushes, most: () => most, reset, failing, requireDurable };
}

/** Returns the digests of the manifests in an `index.json`. */
function readIndexed(path: string): string[] {
  const { manifests } = JSON.parse(readFileSync(path, "utf8")) as { manifests: Descriptor[] };
  return manifests.map(({ digest }) => digest);
}

/** Pushes a blob, and checks that it is durable then. */
async function pushBlob({ registry, requireDurable }: Scene, content: Uint8Array): Promise<void> {
  await registry.pushBlob("a", descriptorOf(content), content);
  requireDurable([descriptorOf(content).digest]);
}

/** Pushes a manifest with a tag, and checks that it is durable then. */
async function pushTagged({ registry, requireDurable }: Scene, name: string, tag: string): Promise<void> {
  const content = artifact(name);
  await registry.pushManifest("a", content, ociMediaTypes.imageManifest, { tags: [tag] });
  requireDurable([descriptorOf(content).digest]);
}

function times<Result>(count: number, run: (number: number) => Result): Result[] {
  return Array.from({ length: count }, (_, i) => run(i));
}

/** Returns the outcome of each call: "done", "not durable", or another error. */
async function outcomes(calls: readonly Promise<unknown>[]): Promise<unknown[]> {
  return (await Promise.allSettled(calls)).map((it): unknown => {
    if (it.status === "fulfilled") return "done";
    return isRegistryError(it.reason, "STORAGE_FAILED") && it.reason.detail?.committed === true
      ? "not durable"
      : it.reason;
  });
}

const notDurable = { code: "STORAGE_FAILED", detail: { committed: true }, cause: { code: "EIO" } };

const blobOf = (number: number): Uint8Array => bytes(`blob ${number}`);

// Paths of open files are read from /proc.
// clause 26
describe.skipIf(!existsSync("/proc/self/fd"))("calls at the same time", () => {
  let scene: Scene;
  beforeEach(async () => {
    scene = await prepare();
    return () => scene.registry.close();
  });

  // One flush covers the first calls, and the next one the rest. On a busy machine some calls come later.
  it.each([
    [1, 1],
    [10, 5],
    [100, 10],
  ])("that push %i blobs flush their directory at most %i times", async (count, most) => {
    await Promise.all(times(count, (i) => pushBlob(scene, blobOf(i))));
    expect(scene.flushes("blobs/sha256")).toBeLessThanOrEqual(most);
  });

  it.each([
    [1, 1],
    [10, 5],
    [100, 10],
  ])(
    "that push %i manifests flush their directory and that of the index at most %i times",
    async (count, most) => {
      await Promise.all(times(count, (i) => pushTagged(scene, `manifest ${i}`, `tag-${i}`)));
      expect(scene.flushes("blobs/sha256")).toBeLessThanOrEqual(most);
      expect(scene.flushes("")).toBeLessThanOrEqual(most);
      expect(readIndexed(join(scene.directory, "index.json"))).toHaveLength(count + 1);
    },
  );

  it("that push 100 stored blobs flush their files together, and no directory", async () => {
    await Promise.all(times(100, (i) => pushBlob(scene, blobOf(i))));
    scene.reset();
    await Promise.all(times(100, (i) => pushBlob(scene, blobOf(i))));
    expect(scene.flushes("blobs/sha256")).toBe(0);
    expect(scene.most()).toBeGreaterThan(10);
  });

  it("that tag 100 stored manifests flush their files together, and no directory of blobs", async () => {
    await Promise.all(times(100, (i) => pushTagged(scene, `manifest ${i}`, `tag-${i}`)));
    scene.reset();
    await Promise.all(times(100, (i) => pushTagged(scene, `manifest ${i}`, `again-${i}`)));
    expect(scene.flushes("blobs/sha256")).toBe(0);
    expect(scene.flushes("")).toBeLessThanOrEqual(10);
    expect(scene.most()).toBeGreaterThan(10);
  });

  it("that push one manifest with 10 tags name it only when it is durable", async () => {
    await Promise.all(times(10, (i) => pushTagged(scene, "manifest", `tag-${i}`)));
    expect(new Set(readIndexed(join(scene.directory, "index.json"))).size).toBe(2);
  });

  it("that delete 100 blobs flush their directory at most 25 times", async () => {
    await Promise.all(times(100, (i) => pushBlob(scene, blobOf(i))));
    scene.reset();
    const deleted = times(100, (i) => scene.registry.deleteBlob("a", descriptorOf(blobOf(i)).digest));
    await Promise.all(deleted);
    expect(scene.flushes("blobs/sha256")).toBeLessThanOrEqual(25);
    expect(scene.flushes("blobs/sha256")).toBeGreaterThan(0);
  });

  it.each([1, 2])("fail with flush %i if it covers their blob, and only then", async (number) => {
    scene.failing.add(number);
    // The first calls begin a flush. The others rename their blobs during that flush.
    const calls = await outcomes(times(10, (i) => pushBlob(scene, blobOf(i))));
    expect(new Set(calls)).toEqual(new Set(["done", "not durable"]));
  });

  it("of manifests fail with a flush that failed, and the index does not name them", async () => {
    scene.failing.add(2);
    const calls = await outcomes(times(10, (i) => pushTagged(scene, `manifest ${i}`, `tag-${i}`)));
    expect(new Set(calls)).toEqual(new Set(["done", "not durable"]));
    const made = times(10, (i) => descriptorOf(artifact(`manifest ${i}`)).digest).filter(
      (_, i) => calls[i] === "done",
    );
    const indexed = readIndexed(join(scene.directory, "index.json"));
    expect(indexed.toSorted()).toEqual([descriptorOf(artifact("first")).digest, ...made].toSorted());
  });
});

// clause 26
describe.skipIf(!existsSync("/proc/self/fd"))("a blob whose directory could not be flushed", () => {
  let scene: Scene;
  beforeEach(async () => {
    scene = await prepare();
    scene.failing.add(1);
    expect(await rejection(pushBlob(scene, blobOf(0)))).toMatchObject(notDurable);
    return () => scene.registry.close();
  });

  it("is made durable by the next push of it", async () => {
    await pushBlob(scene, blobOf(0));
    expect(scene.flushes("blobs/sha256")).toBe(2);
    await pushBlob(scene, blobOf(0));
    expect(scene.flushes("blobs/sha256")).toBe(2);
  });

  it("is made durable by a mount of it", async () => {
    const { digest } = descriptorOf(blobOf(0));
    await scene.registry.mountBlob("a", "b", digest);
    scene.requireDurable([digest]);
  });

  it("fails the next push of it if that flush fails too", async () => {
    scene.failing.add(2);
    expect(await rejection(pushBlob(scene, blobOf(0)))).toMatchObject(notDurable);
  });
});

// clause 18
describe.skipIf(!existsSync("/proc/self/fd"))("a garbage collection", () => {
  it("flushes the directory of the blobs once for many of them, and reports them if that fails", async () => {
    const scene = await prepare();
    for (const fails of [false, true]) {
      await Promise.all(times(100, (i) => pushBlob(scene, blobOf(i))));
      scene.reset();
      if (fails) scene.failing.add(1);
      const collecting = scene.registry.gc({ graceMs: 0 });
      if (fails) {
        const error = await rejection(collecting);
        expect(error).toMatchObject({ code: "STORAGE_FAILED", detail: { committed: true } });
        expect((error as { detail: { removed: unknown[] } }).detail.removed).toHaveLength(100);
      } else expect((await collecting).removed).toHaveLength(100);
      expect(scene.flushes("blobs/sha256")).toBe(1);
    }
    await scene.registry.close();
  });
});
