import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

import { collect, emptyDescriptor, ociMediaTypes, type Descriptor } from "@ocilayout/oci-types";
import {
  artifact,
  blobPath,
  bytes,
  descriptorOf,
  freshLayout,
  imageIndex,
  pushArtifact,
  rejection,
} from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { nodeDisk, type Disk } from "../src/disk/disk.ts";
import { openLayout, type LayoutRegistry } from "../src/index.ts";
import { openLayoutOn } from "../src/open-layout.ts";
import { readIndex } from "./helpers.ts";

const { imageManifest, imageIndex: indexType } = ociMediaTypes;

interface Scene {
  readonly directory: string;
  readonly good: Descriptor;
  readonly about: Descriptor;
  readonly list: Descriptor;
  readonly content: Uint8Array;
}

/** Creates a layout with a tagged manifest, a referrer of it, and a tagged index. */
async function prepare(): Promise<Scene> {
  const directory = freshLayout();
  await using registry = await openLayout(directory, { durability: "none" });
  const good = await pushArtifact(registry, "a", "good", ["good", "other"]);
  const about = await registry.pushManifest("a", artifact("about", { subject: good }), imageManifest);
  const content = imageIndex(await pushArtifact(registry, "a", "child"));
  const list = await registry.pushManifest("a", content, indexType, { tags: ["list"] });
  return { directory, good, about, list, content };
}

/** Opens a registry to which the system refuses one blob, until the test permits it. */
function openRefusing(
  directory: string,
  digest: string,
  code: string,
): { registry: LayoutRegistry; relent: () => void } {
  let refuses = true;
  const open: Disk["open"] = async (path, flags) => {
    if (refuses && path === blobPath(directory, digest))
      throw Object.assign(new Error(`${code}: refused, open '${path}'`), { code, syscall: "open" });
    return nodeDisk.open(path, flags);
  };
  return {
    registry: openLayoutOn({ ...nodeDisk, open }, directory, { durability: "none" }),
    relent: () => {
      refuses = false;
    },
  };
}

// clause 31
describe("an index whose blob the system does not let us read", () => {
  it.each(["EACCES", "EIO", "ESTALE"])(
    "makes calls about itself fail with STORAGE_FAILED and no others: %s",
    async (code) => {
      const { directory, good, about, list } = await prepare();
      const { registry } = openRefusing(directory, list.digest, code);
      const failed = { code: "STORAGE_FAILED", cause: { code } };
      expect(await registry.resolveManifest("a", good.digest)).toEqual(good);
      expect((await collect(registry.referrers("a", good.digest))).map(({ digest }) => digest)).toEqual([
        about.digest,
      ]);
      expect((await collect(registry.manifests("a"))).length).toBeGreaterThan(1);
      await pushArtifact(registry, "a", "untagged");
      await registry.deleteTag("a", "good");
      await expect(registry.getTag("a", "list")).rejects.toMatchObject(failed);
      await expect(registry.deleteManifest("a", list.digest)).rejects.toMatchObject(failed);
      await expect(registry.deleteBlob("a", emptyDescriptor.digest)).rejects.toMatchObject(failed);
      for (const options of [{ graceMs: 0 }, { dryRun: true }, { untagged: true }]) {
        const error = await rejection(registry.gc(options));
        expect(error).toMatchObject({ ...failed, message: expect.stringContaining(list.digest) as unknown });
        expect((error as Error).message).not.toContain(dirname(directory));
      }
      expect((await collect(registry.verify())).filter(({ severity }) => severity === "error")).toMatchObject(
        [{ kind: "unreadable-blob", digest: list.digest }],
      );
      await registry.close();
    },
  );

  it("is read by the first call after it becomes readable", async () => {
    const { directory, list, content } = await prepare();
    const { registry, relent } = openRefusing(directory, list.digest, "EACCES");
    const [child] = (JSON.parse(new TextDecoder().decode(content)) as { manifests: [Descriptor] }).manifests;
    await expect(registry.resolveManifest("a", child.digest)).rejects.toMatchObject({
      code: "MANIFEST_UNKNOWN",
    });
    relent();
    expect(await registry.resolveManifest("a", child.digest)).toEqual(child);
    await registry.close();
  });

  it("is replaced by a push of the same content", async () => {
    const { directory, list, content } = await prepare();
    const { registry } = openRefusing(directory, list.digest, "EACCES");
    await registry.pushManifest("a", content, indexType, { tags: ["list", "again"] });
    await registry.pushBlob("a", list, content);
    await registry.close();
    await using fresh = await openLayout(directory);
    expect(await (await fresh.getTag("a", "again")).bytes()).toEqual(content);
  });

  it("makes every call fail with EMFILE, which concerns all files", async () => {
    const { directory, good, list } = await prepare();
    const { registry } = openRefusing(directory, list.digest, "EMFILE");
    await expect(collect(registry.referrers("a", good.digest))).rejects.toMatchObject({
      code: "STORAGE_FAILED",
      cause: { code: "EMFILE" },
    });
    await registry.close();
  });
});

// clauses 30, 31
describe("an index's blob that is not a regular file", () => {
  it.each<[string, (path: string) => void, boolean]>([
    [
      "a link to itself",
      (path) => {
        symlinkSync(path, path);
      },
      true,
    ],
    [
      "a link to nowhere",
      (path) => {
        symlinkSync("nowhere", path);
      },
      true,
    ],
    [
      "a directory",
      (path) => {
        mkdirSync(path);
      },
      false,
    ],
  ])(
    "disturbs no call about others, stops gc, and is repaired by a push if possible: %s",
    async (_, make, isMended) => {
      const { directory, good, about, list, content } = await prepare();
      rmSync(blobPath(directory, list.digest));
      make(blobPath(directory, list.digest));
      await using registry = await openLayout(directory, { durability: "none" });
      for (const call of [
        () => registry.resolveManifest("a", list.digest),
        () => registry.getManifest("a", list.digest),
        () => registry.getTag("a", "list"),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
      }
      expect((await collect(registry.referrers("a", good.digest))).map(({ digest }) => digest)).toEqual([
        about.digest,
      ]);
      await pushArtifact(registry, "a", "untagged");
      await registry.deleteTag("a", "good");
      await expect(registry.gc({ graceMs: 0 })).rejects.toMatchObject({
        code: "LAYOUT_INVALID",
        detail: { damaged: [list.digest] },
      });
      expect((await collect(registry.verify())).filter(({ severity }) => severity === "error")).toMatchObject(
        [{ kind: "missing-blob", digest: list.digest }],
      );
      const pushing = registry.pushManifest("a", content, indexType, { tags: ["list"] });
      if (isMended) expect(await pushing).toEqual(list);
      else await expect(pushing).rejects.toMatchObject({ code: "STORAGE_FAILED", cause: { code: "EISDIR" } });
    },
  );
});

// clause 30
describe("a manifest larger than maxManifestBytes", () => {
  /** Creates an entry for a sparse file with a stated size of `size` bytes. */
  async function prepareSparse(size: number): Promise<{ registry: LayoutRegistry; digest: string }> {
    const { directory } = await prepare();
    const { digest } = descriptorOf(bytes("sparse"));
    writeFileSync(blobPath(directory, digest), "");
    truncateSync(blobPath(directory, digest), 6e9);
    const index = readIndex(directory);
    const entry = {
      mediaType: imageManifest,
      digest,
      size,
      annotations: { "org.opencontainers.image.ref.name": "a:big" },
    };
    writeFileSync(
      `${directory}/index.json`,
      JSON.stringify({ ...index, manifests: [...index.manifests, entry] }),
    );
    return { registry: await openLayout(directory, { durability: "none" }), digest };
  }

  it.each([
    [6e9, "MANIFEST_UNKNOWN", "as in its entry"],
    [500, "CONTENT_CORRUPT", "and its entry has a smaller size"],
  ])(
    "of %i bytes by its entry makes every call about it fail with %s if it is so large %s",
    async (size, code) => {
      const { registry, digest } = await prepareSparse(size);
      for (const call of [
        () => registry.getTag("a", "big"),
        () => registry.getManifest("a", digest),
        () => registry.resolveManifest("a", digest),
      ]) {
        await expect(call()).rejects.toMatchObject({ code });
      }
      expect((await registry.resolveTag("a", "big")).digest).toBe(digest);
      expect(await collect(registry.tags("a"))).toEqual(["big", "good", "list", "other"]);
      await registry.close();
    },
  );
});
