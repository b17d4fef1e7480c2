import { rmSync, statSync, symlinkSync, utimesSync, writeFileSync, renameSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { collect } from "@ocilayout/oci-types";
import { blobPath, bytes, descriptorOf, freshLayout, pushArtifact } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { areLocal } from "../src/disk/local-file-system.ts";
import { nodeDisk, type BigIntStats, type Disk } from "../src/disk/disk.ts";
import type { LayoutRegistry } from "../src/index.ts";
import { openLayoutOn } from "../src/open-layout.ts";

const MINUTE_NS = 60_000_000_000n;

/** Changes stats so that their file is a minute older. A later change of the file is still visible. */
function older<Stats extends BigIntStats | undefined>(stats: Stats): Stats {
  if (stats === undefined) return stats;
  stats.ctimeNs -= MINUTE_NS;
  stats.mtimeNs -= MINUTE_NS;
  return stats;
}

interface Scene {
  readonly registry: LayoutRegistry;
  /** Returns how many blobs were opened since the last call. */
  readonly opened: () => number;
}

/** Opens a layout whose files look old, or as new as they are. */
function openScene(age: "old" | "new", directory = freshLayout()): Scene {
  let count = 0;
  const disk: Disk = {
    ...nodeDisk,
    open: async (path, flags) => {
      if (path.includes("sha256")) count += 1;
      return nodeDisk.open(path, flags);
    },
    ...(age === "old" && {
      lstatNow: (path) => older(nodeDisk.lstatNow(path)),
      fstat: async (file) => older(await nodeDisk.fstat(file)),
    }),
  };
  return {
    registry: openLayoutOn(disk, directory, { durability: "none" }),
    opened: () => {
      const before = count;
      count = 0;
      return before;
    },
  };
}

const content = bytes("some content");
const blob = descriptorOf(content);
const read = async (registry: LayoutRegistry): Promise<string> =>
  (await registry.getBlob("a", blob.digest)).text();

async function prepare(age: "old" | "new" = "old"): Promise<Scene & { path: string }> {
  const scene = openScene(age);
  await scene.registry.pushBlob("a", blob, content);
  for (let i = 0; i < 2; i += 1) expect(await read(scene.registry)).toBe("some content");
  scene.opened();
  return { ...scene, path: blobPath(scene.registry.directory, blob.digest) };
}

/** Changes one byte of a file, and gives it its old time back. */
function flip(path: string): void {
  const { atime, mtime } = statSync(path);
  writeFileSync(path, "Some content");
  utimesSync(path, atime, mtime);
}

// A cache needs a file system whose times it can trust.
const isKept = areLocal([tmpdir()]);

// clause 8
describe.runIf(isKept)("a small blob that was read before", () => {
  it("is not read again while its file is the same", async () => {
    const { registry, opened } = await prepare();
    expect(await read(registry)).toBe("some content");
    expect(opened()).toBe(0);
    const range = await registry.getBlobRange("a", blob.digest, { start: 5, end: 8 });
    expect(await range.text()).toBe("con");
    expect(opened()).toBe(0);
  });

  it("is shared by all registries of the process", async () => {
    const { registry } = await prepare();
    const other = openScene("old", registry.directory);
    expect(await read(other.registry)).toBe("some content");
    expect(other.opened()).toBe(0);
  });

  it("is read again if its file was changed and got its old time back", async () => {
    const { registry, path } = await prepare();
    flip(path);
    await expect(read(registry)).rejects.toMatchObject({ code: "CONTENT_CORRUPT" });
    await registry.pushBlob("a", blob, content);
    expect(await read(registry)).toBe("some content");
  });

  it("is gone if its file is gone", async () => {
    const { registry, path } = await prepare();
    rmSync(path);
    await expect(read(registry)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
  });

  it("is not read if its directory was replaced by a link out of the layout", async () => {
    const { registry, path } = await prepare();
    const aside = join(freshLayout(), "..", "aside");
    renameSync(dirname(path), aside);
    symlinkSync(aside, dirname(path));
    await expect(read(registry)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
  });

  it("does not change if a caller changes what it got", async () => {
    const { registry } = await prepare();
    for (const get of [
      async () => (await registry.getBlob("a", blob.digest)).bytes(),
      async () => (await collect(await registry.getBlob("a", blob.digest)))[0],
      async () => (await collect(await registry.getBlob("a", blob.digest, { chunks: "reused" })))[0],
    ]) {
      (await get())?.fill(0);
      expect(await read(registry)).toBe("some content");
    }
  });

  it("is read again by verify and gc", async () => {
    const { registry, opened } = await prepare();
    const manifest = await pushArtifact(registry, "a", "one", ["v1"]);
    for (let i = 0; i < 3; i += 1) await (await registry.getManifest("a", manifest.digest)).bytes();
    opened();
    await collect(registry.verify());
    expect(opened()).toBeGreaterThan(0);
    await registry.gc({ dryRun: true });
    expect(opened()).toBeGreaterThan(0);
  });
});

// clause 8
it("a small blob is read each time while its file is so new that a change might not show", async () => {
  const { registry, opened } = await prepare("new");
  for (let i = 0; i < 3; i += 1) {
    expect(await read(registry)).toBe("some content");
    expect(opened()).toBe(1);
  }
});

// clause 8
it("a small corrupt blob is returned to callers that do not want it verified", async () => {
  const { registry, path } = await prepare();
  flip(path);
  const reader = await registry.getBlob("a", blob.digest, { verify: false });
  expect(await reader.text()).toBe("Some content");
  await expect(read(registry)).rejects.toMatchObject({ code: "CONTENT_CORRUPT" });
});
