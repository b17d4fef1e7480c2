import {
  existsSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { collect, mountBlobFrom, mountFrom, octetStream, type CallOptions } from "@ocilayout/oci-types";
import {
  blobPath,
  bytes,
  descriptorOf,
  freshLayout,
  otherFileSystem,
  temporaryDirectory,
} from "@ocilayout/testing";
import { describe, expect, it, onTestFinished } from "vitest";

import { nodeDisk, type Disk } from "../src/disk/disk.ts";
import { openLayout, type LayoutOptions, type LayoutRegistry } from "../src/index.ts";
import { openLayoutOn } from "../src/open-layout.ts";
import { listTree } from "./helpers.ts";

const HOUR_MS = 3_600_000;
const content = bytes("content");
const blob = descriptorOf(content);
const mounted = { mediaType: octetStream, digest: blob.digest, size: blob.size };

/** A disk that cannot copy. */
const copyless: Partial<Disk> = {
  copy: () => Promise.reject(new Error("a blob was copied")),
};

function fault(code: string, syscall: string): Error {
  return Object.assign(new Error(code), { code, syscall });
}

function openTarget(changes: Partial<Disk> = {}, options: LayoutOptions = {}): LayoutRegistry {
  const disk = { ...nodeDisk, ...copyless, ...changes };
  const registry = openLayoutOn(disk, freshLayout(), { durability: "none", ...options });
  onTestFinished(() => registry.close());
  return registry;
}

async function openSource(options: LayoutOptions = {}, directory = freshLayout()): Promise<LayoutRegistry> {
  const writer = await openLayout(directory, { durability: "none" });
  await writer.pushBlob("a", blob, content);
  await writer.close();
  const registry = await openLayout(directory, { durability: "none", ...options });
  onTestFinished(() => registry.close());
  return registry;
}

function mount(source: object, target: LayoutRegistry, options?: CallOptions): Promise<unknown> {
  return mountBlobFrom(
    { registry: source, repository: "a" },
    { registry: target, repository: "b" },
    blob,
    options,
  );
}

function inode(registry: LayoutRegistry): bigint {
  return statSync(blobPath(registry.directory, blob.digest), { bigint: true }).ino;
}

function age(registry: LayoutRegistry): void {
  const then = new Date(Date.now() - 30 * HOUR_MS);
  utimesSync(blobPath(registry.directory, blob.digest), then, then);
}

/** Fails if the layout has a blob, a staged file, or any other part of a layout. Empty directories may remain. */
function expectEmpty({ directory }: LayoutRegistry): void {
  expect(existsSync(directory) ? listTree(directory).filter((path) => !path.endsWith("/")) : []).toEqual([]);
}

// clause 10
describe("mountFrom between two layouts", () => {
  it("links the file of the blob, and copies no bytes", async () => {
    const [source, target] = [await openSource(), openTarget()];
    expect(await mount(source, target)).toEqual(mounted);
    expect(inode(target)).toBe(inode(source));
    expect(await (await target.getBlob("b", blob.digest)).text()).toBe("content");
    expect(readdirSync(join(target.directory, "_uploads"))).not.toContainEqual(
      expect.stringContaining(".blob"),
    );
  });

  it("adds a blob that outlives its source", async () => {
    const [source, target] = [await openSource(), openTarget()];
    await mount(source, target);
    await source.deleteBlob("a", blob.digest);
    expect(await (await target.getBlob("b", blob.digest)).text()).toBe("content");
  });

  it("adds a blob that counts as written now", async () => {
    const [source, target] = [await openSource(), openTarget()];
    age(source);
    await mount(source, target);
    expect(await target.resolveBlob("b", blob.digest)).toEqual(mounted);
    expect((await target.gc()).removed).toEqual([]);
  });

  it("renews a blob that the target has, and leaves its file in place", async () => {
    const [source, target] = [await openSource(), openTarget()];
    await target.pushBlob("b", blob, content);
    const before = inode(target);
    age(target);
    expect(await mount(source, target)).toEqual(mounted);
    expect(inode(target)).toBe(before);
    expect((await target.gc()).removed).toEqual([]);
  });

  it("renews a blob that the target has, also if the source does not have it", async () => {
    const [source, target] = [await openSource(), openTarget()];
    await source.deleteBlob("a", blob.digest);
    await target.pushBlob("b", blob, content);
    age(target);
    expect(await mount(source, target)).toEqual(mounted);
    expect((await target.gc()).removed).toEqual([]);
  });

  it("replaces a blob of the target that has the wrong size", async () => {
    const [source, target] = [await openSource(), openTarget()];
    await target.pushBlob("b", blob, content);
    truncateSync(blobPath(target.directory, blob.digest), 3);
    expect(await mount(source, target)).toEqual(mounted);
    expect(inode(target)).toBe(inode(source));
  });

  it("takes a blob from a read-only layout", async () => {
    const [source, target] = [await openSource({ readOnly: true }), openTarget()];
    expect(await mount(source, target)).toEqual(mounted);
  });

  // clause 11
  it("takes a blob from any repository, because the repositories of a layout share their blobs", async () => {
    const [source, target] = [await openSource(), openTarget()];
    expect(await target[mountFrom](source, "another", "b", blob)).toEqual(mounted);
  });

  it("works through a copy of the target's members", async () => {
    const [source, target] = [await openSource(), openTarget()];
    expect(await mount(source, { ...target })).toEqual(mounted);
  });

  it("renews a blob of one layout if source and target are the same", async () => {
    const source = await openSource();
    age(source);
    expect(await mount(source, source)).toEqual(mounted);
    expect((await source.gc()).removed).toEqual([]);
  });
});

describe("mountFrom returns undefined and adds nothing", () => {
  // EXDEV: another file system. EMLINK: too many links. The others: a file system without links.
  it.each(["EXDEV", "EMLINK", "EPERM", "ENOTSUP"])("if a link fails with %s", async (code) => {
    const source = await openSource();
    const target = openTarget({ link: () => Promise.reject(fault(code, "link")) });
    expect(await mount(source, target)).toBeUndefined();
    expectEmpty(target);
  });

  it.skipIf(!otherFileSystem)("if the source is on another file system (needs one)", async () => {
    const directory = temporaryDirectory(otherFileSystem);
    const target = openTarget();
    expect(await mount(await openSource({}, join(directory, "layout")), target)).toBeUndefined();
    expectEmpty(target);
  });

  it("if the file belongs to another user, because its time cannot be set", async () => {
    const source = await openSource();
    const target = openTarget({ touch: () => Promise.reject(fault("EPERM", "futime")) });
    expect(await mount(source, target)).toBeUndefined();
    expectEmpty(target);
    expect(statSync(blobPath(source.directory, blob.digest)).nlink).toBe(1);
  });

  it("if the source is a registry in memory", async () => {
    const [source, target] = [createMemoryRegistry(), openTarget()];
    await source.pushBlob("a", blob, content);
    expect(await mount(source, target)).toBeUndefined();
    expectEmpty(target);
  });

  it("if the source is a wrapper of a layout, which may hide blobs", async () => {
    const [source, target] = [await openSource(), openTarget()];
    expect(await mount({ ...source }, target)).toBeUndefined();
    expectEmpty(target);
  });

  it("if the source does not have the blob", async () => {
    const [source, target] = [await openSource(), openTarget()];
    await source.deleteBlob("a", blob.digest);
    expect(await mount(source, target)).toBeUndefined();
    expectEmpty(target);
  });

  it("if the source does not exist, and does not create it", async () => {
    const [source, target] = [await openLayout(freshLayout()), openTarget()];
    expect(await mount(source, target)).toBeUndefined();
    expect(existsSync(source.directory)).toBe(false);
    expectEmpty(target);
  });

  it("if the source has the blob in another size, whose file keeps its time", async () => {
    const [source, target] = [await openSource(), openTarget()];
    const path = blobPath(source.directory, blob.digest);
    truncateSync(path, 3);
    age(source);
    const before = statSync(path).mtimeMs;
    expect(await mount(source, target)).toBeUndefined();
    expect(statSync(path).mtimeMs).toBe(before);
    expectEmpty(target);
  });

  // clause 8
  it.skipIf(process.platform === "win32")(
    "if the blob is a link out of the source, unless the source follows links",
    async () => {
      const [source, target] = [await openSource(), openTarget()];
      const [path, outside] = [blobPath(source.directory, blob.digest), join(temporaryDirectory(), "file")];
      renameSync(path, outside);
      symlinkSync(outside, path);
      expect(await mount(source, target)).toBeUndefined();
      expectEmpty(target);
      const following = await openLayout(source.directory, { followSymlinks: true });
      onTestFinished(() => following.close());
      expect(await mount(following, target)).toEqual(mounted);
      expect(inode(target)).toBe(statSync(outside, { bigint: true }).ino);
    },
  );
});

describe("mountFrom rejects and adds nothing", () => {
  // clause 33
  it("with DENIED if the target is read-only", async () => {
    const directory = temporaryDirectory();
    const target = await openLayout(directory, { readOnly: true });
    await expect(mount(await openSource(), target)).rejects.toMatchObject({ code: "DENIED" });
    expectEmpty(target);
  });

  it("with CLOSED if the target is closed, whatever the source is", async () => {
    const target = openTarget();
    await target.close();
    await expect(mount(createMemoryRegistry(), target)).rejects.toMatchObject({ code: "CLOSED" });
    await expect(mount(await openSource(), target)).rejects.toMatchObject({ code: "CLOSED" });
    expectEmpty(target);
  });

  it("with CLOSED if the source is closed", async () => {
    const [source, target] = [await openSource(), openTarget()];
    await source.close();
    await expect(mount(source, target)).rejects.toMatchObject({ code: "CLOSED" });
    expectEmpty(target);
  });

  // clause 5
  it.each([
    ["from", "A", "b"],
    ["to", "a", "B"],
  ])("with NAME_INVALID if the repository %s has an invalid name", async (_which, from, to) => {
    const [source, target] = [await openSource(), openTarget()];
    await expect(target[mountFrom](source, from, to, blob)).rejects.toMatchObject({ code: "NAME_INVALID" });
    expectEmpty(target);
  });

  // clause 5
  it("with DIGEST_INVALID if the digest is invalid", async () => {
    const [source, target] = [await openSource(), openTarget()];
    const call = target[mountFrom](source, "a", "b", { digest: "sha256:0", size: 1 });
    await expect(call).rejects.toMatchObject({ code: "DIGEST_INVALID" });
  });

  // clause 1
  it("with a TypeError or a RangeError for a mistake of the caller", async () => {
    const [source, target] = [await openSource(), openTarget()];
    const untyped = target[mountFrom] as (...args: unknown[]) => Promise<unknown>;
    const mistakes = [
      [undefined, "a", "b", blob],
      [source, 1, "b", blob],
      [source, "a", undefined, blob],
      [source, "a", "b", undefined],
      [source, "a", "b", { digest: blob.digest }],
      [source, "a", "b", blob, { signal: 1 }],
    ];
    for (const args of mistakes) await expect(untyped(...args)).rejects.toThrow(TypeError);
    await expect(untyped(source, "a", "b", { ...blob, size: -1 })).rejects.toThrow(RangeError);
    await expect(untyped(source, "a", "b", null)).rejects.toThrow("a descriptor must be an object, not null");
    expectEmpty(target);
  });

  // clause 2
  it("with the reason of a signal that is aborted already, without I/O", async () => {
    const source = await openSource();
    const target = openTarget({
      lstatNow: () => {
        throw new Error("the disk was used");
      },
    });
    await expect(mount(source, target, { signal: AbortSignal.abort("enough") })).rejects.toBe("enough");
    expectEmpty(target);
  });

  // clause 2
  it("with the reason of a signal that is aborted during the call", async () => {
    const source = await openSource();
    const controller = new AbortController();
    const target = openTarget({
      async link(from, to) {
        await nodeDisk.link(from, to);
        if (to.endsWith(".blob")) controller.abort("enough");
      },
    });
    const other = bytes("other");
    await target.pushBlob("b", descriptorOf(other), other);
    await expect(mount(source, target, { signal: controller.signal })).rejects.toBe("enough");
    await expect(target.resolveBlob("b", blob.digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
    expect(statSync(blobPath(source.directory, blob.digest)).nlink).toBe(1);
  });

  it("with LAYOUT_INVALID if the source is damaged", async () => {
    const [source, target] = [await openSource(), openTarget()];
    writeFileSync(join(source.directory, "index.json"), "[]");
    await expect(mount(source, target)).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
    expectEmpty(target);
  });

  // clause 30
  it("with LAYOUT_INVALID if a link leads to the target, which is not written to", async () => {
    const [root, outside] = [temporaryDirectory(), temporaryDirectory()];
    symlinkSync(outside, join(root, "team"));
    const target = await openLayout(join(root, "team/app"), { within: root, durability: "none" });
    await expect(mount(await openSource(), target)).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
    expect(listTree(outside)).toEqual([]);
  });

  // clause 1
  it("with STORAGE_FAILED and without a path if the system refuses the link", async () => {
    const source = await openSource();
    const target = openTarget({ link: () => Promise.reject(fault("EIO", "link")) });
    const error: unknown = await mount(source, target).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "STORAGE_FAILED", cause: { code: "EIO" } });
    expect((error as Error).message).not.toContain(target.directory);
    expectEmpty(target);
  });

  it("with LOCK_TIMEOUT if another process holds the lock of the target", async () => {
    const [source, target] = [await openSource(), openTarget({}, { lockTimeoutMs: 300 })];
    await target.pushBlob("b", blob, content);
    truncateSync(blobPath(target.directory, blob.digest), 3);
    const holder = { host: "elsewhere", boot: "x", pid: 1, nonce: "held-elsewhere" };
    writeFileSync(join(target.directory, ".index.json.lock"), JSON.stringify(holder));
    await expect(mount(source, target)).rejects.toMatchObject({ code: "LOCK_TIMEOUT" });
    expect((await collect(target.verify())).map(({ kind }) => kind)).not.toContain("stray-file");
    expect(statSync(blobPath(source.directory, blob.digest)).nlink).toBe(1);
  });
});
