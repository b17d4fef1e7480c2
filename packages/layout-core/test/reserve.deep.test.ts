import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";

import { collect, octetStream } from "@ocilayout/oci-types";
import { bytes, descriptorOf, freshLayout, pushArtifact, temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { nodeDisk, type Disk } from "../src/disk/disk.ts";
import { isReserve } from "../src/lock/reserve.ts";
import { openLayout, type LayoutRegistry } from "../src/index.ts";
import { openLayoutOn } from "../src/open-layout.ts";
import { fullDisk, type Shortage } from "./full-disk.ts";
import { listTree } from "./helpers.ts";

const unused = descriptorOf(bytes("unused"));

/** Creates a layout with some tags and an unreferenced blob. */
async function prepare(tags = 8): Promise<string> {
  const directory = freshLayout();
  await using registry = await openLayout(directory, { durability: "none" });
  for (let i = 0; i < tags; i += 1) await pushArtifact(registry, "a", `image ${i}`, [`t${i}`]);
  await registry.pushBlob("a", unused, bytes("unused"));
  return directory;
}

function openFull(directory: string, shortage: Shortage): LayoutRegistry {
  return openLayoutOn(fullDisk(directory, shortage), directory, { durability: "none", lockTimeoutMs: 2_000 });
}

function reserveOf(directory: string): string[] {
  return readdirSync(join(directory, "_uploads")).filter(isReserve);
}

/** Fails if unexpected files of ours are left over. */
async function expectClean(directory: string): Promise<void> {
  const left = listTree(directory).filter(
    (path) => !/^(blobs\/.*|_uploads\/(reserve-.*)?|index\.json|oci-layout)$/.test(path),
  );
  expect(left).toEqual([]);
  await using registry = await openLayout(directory);
  expect((await collect(registry.verify())).filter(({ kind }) => kind !== "unreachable-blob")).toEqual([]);
}

describe.each<Shortage>(["inodes", "names", "blocks"])("on a file system without %s", (shortage) => {
  it("tags and manifests can be deleted, again and again", async () => {
    const directory = await prepare();
    for (let i = 0; i < 6; i += 2) {
      await using registry = openFull(directory, shortage);
      await registry.deleteTag("a", `t${i}`);
      const { digest } = await registry.resolveTag("a", `t${i + 1}`);
      await registry.deleteManifest("a", digest);
    }
    await using registry = await openLayout(directory);
    expect(await collect(registry.tags("a"))).toEqual(["t6", "t7"]);
    await expectClean(directory);
  });

  it("gc frees space, and restores the reserve", async () => {
    const directory = await prepare();
    await using registry = openFull(directory, shortage);
    await registry.deleteTag("a", "t0");
    const { removed } = await registry.gc({ graceMs: 0, untagged: true });
    expect(removed).toContain(unused.digest);
    expect(reserveOf(directory)).toHaveLength(7);
    await expectClean(directory);
  });

  it("a push fails with STORAGE_FAILED, changes nothing and leaves nothing", async () => {
    const directory = await prepare();
    await using registry = openFull(directory, shortage);
    await expect(
      registry.pushManifest("a", bytes("new"), octetStream, { tags: ["new"] }),
    ).rejects.toMatchObject({
      code: "STORAGE_FAILED",
      detail: { systemCode: "ENOSPC" },
    });
    expect(await collect(registry.tags("a"))).toHaveLength(8);
    await expectClean(directory);
  });

  it("concurrent changes that need the reserve are each made or rejected as a whole", async () => {
    const directory = await prepare();
    const registries = [
      openFull(directory, shortage),
      openFull(directory, shortage),
      openFull(directory, shortage),
    ];
    const outcomes = await Promise.allSettled(
      registries.map((registry, i) => registry.deleteTag("a", `t${i}`)),
    );
    for (const registry of registries) await registry.close();
    await using registry = await openLayout(directory);
    const tags = await collect(registry.tags("a"));
    for (const [i, { status }] of outcomes.entries())
      expect(tags.includes(`t${i}`)).toBe(status === "rejected");
    expect(outcomes.some(({ status }) => status === "fulfilled")).toBe(true);
    await expectClean(directory);
  });
});

describe("the reserve", () => {
  it("is created by the first change, is not reported by verify, and survives and is completed by gc", async () => {
    const directory = await prepare();
    expect(reserveOf(directory)).toHaveLength(7);
    await using registry = await openLayout(directory, { uploadExpiryMs: 0 });
    for (const name of reserveOf(directory)) utimesSync(join(directory, "_uploads", name), 1, 1);
    rmSync(join(directory, "_uploads", "reserve-lock-4"));
    await registry.gc({ graceMs: 0 });
    expect(await collect(registry.verify())).toEqual([]);
    expect(reserveOf(directory)).toHaveLength(7);
  });

  it.each([0, 1, 3, 6])("is completed by the next change if %i of its files could be made", async (count) => {
    const directory = await prepare();
    for (const name of reserveOf(directory)) rmSync(join(directory, "_uploads", name));
    let made = 0;
    const rename: Disk["rename"] = (from, to, isNew) => {
      if (isReserve(basename(to)) && (made += 1) > count)
        throw Object.assign(new Error("ENOSPC: injected"), { code: "ENOSPC" });
      return nodeDisk.rename(from, to, isNew);
    };
    await using short = openLayoutOn({ ...nodeDisk, rename }, directory, { durability: "none" });
    await short.deleteTag("a", "t0");
    expect(reserveOf(directory)).toHaveLength(count);
    await using registry = await openLayout(directory, { durability: "none" });
    await registry.deleteTag("a", "t1");
    expect(reserveOf(directory)).toHaveLength(7);
  });

  it("grows with the index, up to one mebibyte", async () => {
    const directory = await prepare(1);
    const path = join(directory, "_uploads", "reserve-index");
    expect(statSync(path).size).toBe(64 * 1024);
    await using registry = await openLayout(directory, { durability: "none" });
    const tags = Array.from({ length: 1_000 }, (_, i) => `tag-${i}-${"x".repeat(100)}`);
    await registry.pushManifest("a", bytes("many tags"), octetStream, { tags });
    expect(statSync(path).size).toBeGreaterThanOrEqual(statSync(join(directory, "index.json")).size);
    expect(statSync(path).size).toBeLessThanOrEqual(1024 * 1024);
  });

  it("lets gc remove an expired session for which no lock can be created", async () => {
    const directory = await prepare();
    const before = await openLayout(directory);
    const writer = await before.pushBlobChunked("a");
    await before.close();
    utimesSync(join(directory, "_uploads", writer.id, "data"), 1, 1);
    await using registry = openFull(directory, "inodes");
    expect((await registry.gc({ graceMs: 0 })).uploads).toBe(1);
    await expectClean(directory);
  });

  it.skipIf(process.platform === "win32")("is never a link", async () => {
    const directory = await prepare();
    const outside = join(temporaryDirectory(), "outside");
    writeFileSync(outside, "not ours");
    for (const [i, name] of reserveOf(directory).entries()) {
      const path = join(directory, "_uploads", name);
      rmSync(path);
      if (i % 2 === 0) symlinkSync(outside, path);
      else linkSync(outside, path);
    }
    await using registry = openFull(directory, "inodes");
    await registry.deleteTag("a", "t0").catch(() => undefined);
    expect(readFileSync(outside, "utf8")).toBe("not ours");
  });

  it.skipIf(process.platform === "win32")("is neither created nor used if _uploads is a link", async () => {
    const directory = await prepare();
    const outside = temporaryDirectory();
    for (const name of reserveOf(directory))
      renameSync(join(directory, "_uploads", name), join(outside, name));
    rmSync(join(directory, "_uploads"), { recursive: true });
    symlinkSync(outside, join(directory, "_uploads"));
    await using registry = openFull(directory, "inodes");
    await registry.deleteTag("a", "t0").catch(() => undefined);
    expect(readdirSync(outside).sort()).toEqual([
      "reserve-index",
      ...[1, 2, 3, 4, 5, 6].map((i) => `reserve-lock-${i}`),
    ]);
    mkdirSync(join(outside, "still-here"));
  });
});
