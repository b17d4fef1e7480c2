import { existsSync, renameSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";

import { openLayout, type LayoutStore } from "@ocilayout/layout-core";
import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { collect, mountBlobFrom, octetStream, type CallOptions } from "@ocilayout/oci-types";
import {
  blobPath as blobPathIn,
  bytes,
  descriptorOf,
  freshLayout,
  otherFileSystem,
  temporaryDirectory,
} from "@ocilayout/testing";
import { describe, expect, it, onTestFinished } from "vitest";

import { blobPath, open } from "./helpers.ts";

const content = bytes("content");
const blob = descriptorOf(content);
const mounted = { mediaType: octetStream, digest: blob.digest, size: blob.size };

async function openOneLayout(): Promise<LayoutStore> {
  const layout = await openLayout(freshLayout(), { durability: "none" });
  onTestFinished(() => layout.close());
  return layout;
}

/** Pushes the blob to the repository `from/app` of a registry. */
async function filled<Store extends LayoutStore>(registry: Store): Promise<Store> {
  await registry.pushBlob("from/app", blob, content);
  return registry;
}

function mount(
  source: object,
  target: object,
  { from = "from/app", to = "to/app", ...options }: CallOptions & { from?: string; to?: string } = {},
): Promise<unknown> {
  return mountBlobFrom(
    { registry: source, repository: from },
    { registry: target, repository: to },
    blob,
    options,
  );
}

function inode(path: string): bigint {
  return statSync(path, { bigint: true }).ino;
}

// clause 10
describe("mountFrom links the file of a blob", () => {
  it("from a layout to a tree", async () => {
    const [source, target] = [await filled(await openOneLayout()), await open()];
    expect(await mount(source, target)).toEqual(mounted);
    expect(inode(blobPath(target, "to/app", blob.digest))).toBe(
      inode(blobPathIn(source.directory, blob.digest)),
    );
  });

  it("from a tree to a layout", async () => {
    const [source, target] = [await filled(await open()), await openOneLayout()];
    expect(await mount(source, target)).toEqual(mounted);
    expect(inode(blobPathIn(target.directory, blob.digest))).toBe(
      inode(blobPath(source, "from/app", blob.digest)),
    );
  });

  it("from a tree to another tree", async () => {
    const [source, target] = [await filled(await open()), await open()];
    expect(await mount(source, target)).toEqual(mounted);
    expect(inode(blobPath(target, "to/app", blob.digest))).toBe(
      inode(blobPath(source, "from/app", blob.digest)),
    );
  });

  it("from one repository of a tree to another", async () => {
    const tree = await filled(await open());
    expect(await mount(tree, tree)).toEqual(mounted);
    expect(inode(blobPath(tree, "to/app", blob.digest))).toBe(inode(blobPath(tree, "from/app", blob.digest)));
  });

  it("between two trees that keep one layout open", async () => {
    const source = await filled(await open({ maxOpenLayouts: 1 }));
    const target = await open({ maxOpenLayouts: 1 });
    const results = ["a", "b", "c"].map((to) => mount(source, target, { to }));
    expect(await Promise.all(results)).toEqual([mounted, mounted, mounted]);
  });
});

// clause 11
describe("mountFrom returns undefined and creates no repository", () => {
  it("if only another repository of the source tree has the blob", async () => {
    const [source, target] = [await filled(await open()), await open()];
    await source.pushBlob("other", descriptorOf(bytes("other")), bytes("other"));
    expect(await mount(source, target, { from: "other" })).toBeUndefined();
    expect(await collect(target.repositories())).toEqual([]);
  });

  it("if the source tree does not have the repository, and does not create that one either", async () => {
    const [source, target] = [await open(), await open()];
    expect(await mount(source, target)).toBeUndefined();
    expect(existsSync(source.directory)).toBe(false);
    expect(await collect(target.repositories())).toEqual([]);
  });

  it("if the source is a registry in memory", async () => {
    const [source, target] = [createMemoryRegistry(), await open()];
    await source.pushBlob("from/app", blob, content);
    expect(await mount(source, target)).toBeUndefined();
    expect(existsSync(target.directory)).toBe(false);
  });

  it.skipIf(!otherFileSystem)("if the source is on another file system (needs one)", async () => {
    const directory = temporaryDirectory(otherFileSystem);
    const [source, target] = [await filled(await open({}, join(directory, "tree"))), await open()];
    expect(await mount(source, target)).toBeUndefined();
    expect(await collect(target.repositories())).toEqual([]);
  });
});

describe("mountFrom rejects", () => {
  // clause 33
  it("with DENIED if the target tree is read-only", async () => {
    const [source, target] = [
      await filled(await open()),
      await open({ readOnly: true }, temporaryDirectory()),
    ];
    await expect(mount(source, target)).rejects.toMatchObject({ code: "DENIED" });
  });

  it("with CLOSED if the target tree is closed", async () => {
    const [source, target] = [await filled(await open()), await open()];
    await target.close();
    await expect(mount(source, target)).rejects.toMatchObject({ code: "CLOSED" });
    expect(existsSync(target.directory)).toBe(false);
  });

  it("with CLOSED if the source tree is closed", async () => {
    const [source, target] = [await filled(await open()), await open()];
    await source.close();
    await expect(mount(source, target)).rejects.toMatchObject({ code: "CLOSED" });
    expect(existsSync(target.directory)).toBe(false);
  });

  // clause 28
  it.each([
    ["from", { from: "a/blobs" }],
    ["to", { to: "a/blobs" }],
  ])("with NAME_INVALID if the repository %s would be inside another layout", async (_which, names) => {
    const [source, target] = [await filled(await open()), await open()];
    await expect(mount(source, target, names)).rejects.toMatchObject({ code: "NAME_INVALID" });
    expect(existsSync(target.directory)).toBe(false);
  });

  // clause 2
  it("with the reason of a signal that is aborted already, before it checks names", async () => {
    const [source, target] = [await filled(await open()), await open()];
    const signal = AbortSignal.abort("enough");
    for (const to of ["to/app", "a/blobs"])
      await expect(mount(source, target, { to, signal })).rejects.toBe("enough");
    expect(existsSync(target.directory)).toBe(false);
  });

  // clause 2
  it("with the reason of a signal that is aborted during the call", async () => {
    const [source, target] = [await filled(await open()), await open()];
    const controller = new AbortController();
    const mounting = mount(source, target, { signal: controller.signal });
    controller.abort("enough");
    await expect(mounting).rejects.toBe("enough");
    expect(await collect(target.repositories())).toEqual([]);
  });

  // clause 30
  it.skipIf(process.platform === "win32")(
    "with LAYOUT_INVALID if the path to a repository of the source contains a link",
    async () => {
      const [source, target] = [await filled(await open()), await open()];
      const outside = join(temporaryDirectory(), "from");
      renameSync(join(source.directory, "from"), outside);
      symlinkSync(outside, join(source.directory, "from"));
      await expect(mount(source, target)).rejects.toMatchObject({
        code: "LAYOUT_INVALID",
        message: expect.stringMatching(/^from is a link/) as string,
      });
      expect(existsSync(target.directory)).toBe(false);
    },
  );
});
