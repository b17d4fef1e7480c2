import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";

import { requireDigest } from "@ocilayout/oci-types/authors";
import { blobPath, bytes, descriptorOf, freshLayout } from "@ocilayout/testing";
import { expect, it } from "vitest";

import type { BlobStaging } from "../src/blobs/blob-staging.ts";
import { nodeDisk, type Disk } from "../src/disk/disk.ts";
import { Layout } from "../src/layout/layout.ts";
import { completeOptions } from "../src/layout/options.ts";

const content = bytes("some content");
const described = descriptorOf(content);
const blob = { digest: requireDigest(described.digest).digest, size: described.size };

/** Places a blob on a disk whose rename is `rename`. Returns the number of flushes of directories after it. */
async function place(
  rename: (staging: BlobStaging, run: () => Promise<void>, flushes: () => number) => Promise<void>,
): Promise<{ readonly directory: string; readonly flushes: number }> {
  const directory = freshLayout();
  let flushes = 0;
  const disk: Disk = {
    ...nodeDisk,
    sync: async (file) => {
      if ((await nodeDisk.fstat(file)).isDirectory()) flushes += 1;
      await nodeDisk.sync(file);
    },
    rename: (from, to) =>
      rename(
        layout.staging,
        async () => {
          await nodeDisk.rename(from, to);
          flushes = 0;
        },
        () => flushes,
      ),
  };
  const layout: Layout = new Layout(disk, directory, completeOptions({}));
  await layout.staging.place(await layout.staging.stageBytes(blob, content));
  await layout.close();
  return { directory, flushes };
}

// clause 26
it("a blob that is being placed is made durable by a call that finds it, before the rename returns", async () => {
  let found = -1;
  const { directory, flushes } = await place(async (staging, run, count) => {
    await run();
    await staging.syncName(blob);
    found = count();
  });
  expect(existsSync(blobPath(directory, blob.digest))).toBe(true);
  expect([found, flushes]).toEqual([1, 2]);
});

// clause 26
it("a flush that another call made before the rename does not count for the blob", async () => {
  const { flushes } = await place(async (staging, run) => {
    await staging.syncName(blob);
    await run();
  });
  expect(flushes).toBe(1);
});

// clause 26
it("a flush that ends after the blob was moved again does not count for it", async () => {
  let flushes = 0;
  let end = (): void => undefined;
  let ended: Promise<void> | undefined;
  const disk: Disk = {
    ...nodeDisk,
    sync: async (file) => {
      if (!(await nodeDisk.fstat(file)).isDirectory()) return;
      flushes += 1;
      await new Promise<void>((resolve) => {
        end = resolve;
      });
    },
    rename: async (from, to) => {
      flushes = 0;
      ended = layout.staging.syncName(blob);
      await expect.poll(() => flushes).toBe(1);
      await nodeDisk.rename(from, to);
    },
  };
  const directory = freshLayout();
  mkdirSync(dirname(blobPath(directory, blob.digest)), { recursive: true });
  mkdirSync(join(directory, "_uploads"), { recursive: true });
  const layout: Layout = new Layout(disk, directory, completeOptions({}));
  await layout.staging.move(await layout.staging.stageBytes(blob, content));
  end();
  await ended;
  const again = layout.staging.syncName(blob);
  await expect.poll(() => flushes).toBe(2);
  end();
  await again;
  await layout.close();
});
