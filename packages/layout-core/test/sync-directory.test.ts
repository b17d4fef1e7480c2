import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { rejection, temporaryDirectory } from "@ocilayout/testing";
import { expect, it } from "vitest";

import { nodeDisk, type Disk } from "../src/disk/disk.ts";
import { syncDirectory } from "../src/disk/sync-directory.ts";

interface Scene {
  readonly disk: Disk;
  readonly directory: string;
  /** Ends each flush that has begun: with an error if it is given one. */
  readonly flushes: ((error?: Error) => void)[];
}

/** Returns a disk whose flushes last until the test ends them. */
function prepare(): Scene {
  const flushes: Scene["flushes"] = [];
  const sync = (): Promise<void> =>
    new Promise((resolve, reject) => {
      flushes.push((error) => {
        if (error === undefined) resolve();
        else reject(error);
      });
    });
  return { disk: { ...nodeDisk, sync }, directory: temporaryDirectory(), flushes };
}

/** Starts a flush, and waits until the disk works on it. */
async function begin({ disk, directory, flushes }: Scene): Promise<{ readonly ended: Promise<void> }> {
  const count = flushes.length;
  const ended = syncDirectory(disk, directory);
  // A test may expect its failure later.
  ended.catch(() => undefined);
  await expect.poll(() => flushes.length).toBe(count + 1);
  return { ended };
}

/** Records the names of promises in the order in which they settle. */
function record(log: string[], name: string, promise: Promise<void>): Promise<void> {
  return promise.then(
    () => void log.push(name),
    (error: unknown) => void log.push(`${name}: ${(error as Error).message}`),
  );
}

// clause 26
it("calls of the same moment share a flush", async () => {
  const { disk, directory, flushes } = prepare();
  const calls = Array.from({ length: 100 }, () => syncDirectory(disk, directory));
  await expect.poll(() => flushes.length).toBe(1);
  flushes[0]?.();
  await Promise.all(calls);
  expect(flushes).toHaveLength(1);
});

// clause 26
it("a call during a flush waits for the next one, which begins when the flush in progress ends", async () => {
  const scene = prepare();
  const log: string[] = [];
  const first = await begin(scene);
  const calls = ["second", "third"].map((name) =>
    record(log, name, syncDirectory(scene.disk, scene.directory)),
  );
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(scene.flushes).toHaveLength(1);
  scene.flushes[0]?.();
  await first.ended;
  await expect.poll(() => scene.flushes.length).toBe(2);
  expect(log).toEqual([]);
  scene.flushes[1]?.();
  await Promise.all(calls);
  expect(log).toEqual(["second", "third"]);
  expect(scene.flushes).toHaveLength(2);
});

// clause 26
it("a flush that fails fails the calls that it covers, and only those", async () => {
  const scene = prepare();
  const { disk, directory, flushes } = scene;
  const log: string[] = [];
  const first = record(log, "first", (await begin(scene)).ended);
  const later = ["second", "third"].map((name) => record(log, name, syncDirectory(disk, directory)));
  flushes[0]?.(new Error("EIO 1"));
  await first;
  await expect.poll(() => flushes.length).toBe(2);
  const last = record(log, "last", syncDirectory(disk, directory));
  flushes[1]?.(new Error("EIO 2"));
  await Promise.all(later);
  await expect.poll(() => flushes.length).toBe(3);
  flushes[2]?.();
  await last;
  expect(log).toEqual(["first: EIO 1", "second: EIO 2", "third: EIO 2", "last"]);
});

it("a directory that cannot be opened fails the calls, and the next call tries again", async () => {
  const { disk, directory, flushes } = prepare();
  const missing = join(directory, "missing");
  const calls = [syncDirectory(disk, missing), syncDirectory(disk, missing)];
  for (const call of calls) expect(await rejection(call)).toMatchObject({ code: "ENOENT" });
  expect(flushes).toEqual([]);
  mkdirSync(missing);
  const again = syncDirectory(disk, missing);
  await expect.poll(() => flushes.length).toBe(1);
  flushes[0]?.();
  await again;
});

it("different directories are flushed at the same time", async () => {
  const scene = prepare();
  const first = await begin(scene);
  const other = await begin({ ...scene, directory: temporaryDirectory() });
  for (const end of scene.flushes) end();
  await Promise.all([first.ended, other.ended]);
});

it("a file system that cannot sync directories does not fail the call", async () => {
  const scene = prepare();
  const call = await begin(scene);
  scene.flushes[0]?.(Object.assign(new Error("EINVAL"), { code: "EINVAL" }));
  await call.ended;
});
