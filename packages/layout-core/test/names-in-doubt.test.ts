import { createHash } from "node:crypto";
import { fstatSync, readlinkSync } from "node:fs";
import { join, relative } from "node:path";

import { emptyDescriptor, ociMediaTypes } from "@ocilayout/oci-types";
import { bytes, descriptorOf, freshLayout } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { nodeDisk, type Disk } from "../src/disk/disk.ts";
import type { LayoutRegistry } from "../src/index.ts";
import { openLayoutOn } from "../src/open-layout.ts";

interface Scene {
  readonly registry: LayoutRegistry;
  readonly disk: Disk;
  /** The steps: `sync` of a directory of the layout, and `rename` of `index.json`. */
  readonly steps: string[];
  /** The directories whose next flush fails. */
  readonly failing: Set<string>;
}

function prepare(): Scene {
  const directory = freshLayout();
  const steps: string[] = [];
  const failing: Set<string> = new Set();
  const disk: Disk = {
    ...nodeDisk,
    async sync(file) {
      if (fstatSync(file).isDirectory()) {
        const path = relative(directory, readlinkSync(`/proc/self/fd/${file}`));
        if (failing.delete(path))
          throw Object.assign(new Error("the disk failed"), {
            code: "EIO",
            errno: -5,
            syscall: "fsync",
          });
        steps.push(`sync ${path}`);
      }
      await nodeDisk.sync(file);
    },
    async rename(from, to) {
      await nodeDisk.rename(from, to);
      if (to === join(directory, "index.json")) steps.push("rename index.json");
    },
  };
  return { registry: openLayoutOn(disk, directory), disk, steps, failing };
}

const content = bytes("a layer");
const long = {
  digest: `sha512:${createHash("sha512").update(content).digest("hex")}`,
  size: content.length,
};

function manifestOf(layers: readonly object[]): Uint8Array {
  const { imageManifest: mediaType } = ociMediaTypes;
  return bytes(JSON.stringify({ schemaVersion: 2, mediaType, config: emptyDescriptor, layers }));
}

// clause 26
describe.skipIf(process.platform !== "linux")("after a flush that failed", () => {
  it("a call that finds a new directory flushes its name", async () => {
    const { registry, steps, failing } = prepare();
    await registry.pushBlob("a", descriptorOf(content), content);
    failing.add("blobs");
    await expect(registry.pushBlob("a", long, content)).rejects.toMatchObject({ code: "STORAGE_FAILED" });
    steps.length = 0;
    await registry.pushBlob("a", long, content);
    expect(steps).toEqual(["sync blobs", "sync blobs/sha512"]);
    steps.length = 0;
    await registry.pushBlob("a", long, content);
    expect(steps).toEqual([]);
  });

  it("a push that changes nothing flushes the index", async () => {
    const { registry, steps, failing } = prepare();
    const manifest = manifestOf([]);
    const push = (): Promise<unknown> =>
      registry.pushManifest("a", manifest, ociMediaTypes.imageManifest, { tags: ["t"] });
    await registry.pushBlob("a", descriptorOf(bytes("{}")), bytes("{}"));
    failing.add("");
    await expect(push()).rejects.toMatchObject({ code: "STORAGE_FAILED", detail: { committed: true } });
    steps.length = 0;
    await push();
    expect(steps).toContain("sync ");
    steps.length = 0;
    await push();
    expect(steps).toEqual([]);
  });

  it.each(["the same registry", "another registry of the process"])(
    "a manifest in %s flushes the names of its blobs before the index names it",
    async (which) => {
      const scene = prepare();
      const { disk, steps, failing } = scene;
      const registry =
        which === "the same registry" ? scene.registry : openLayoutOn(disk, scene.registry.directory);
      await scene.registry.pushBlob("a", descriptorOf(bytes("{}")), bytes("{}"));
      failing.add("blobs/sha512");
      await expect(scene.registry.pushBlob("a", long, content)).rejects.toMatchObject({
        code: "STORAGE_FAILED",
      });
      steps.length = 0;
      const manifest = manifestOf([{ mediaType: "application/x-a", ...long }]);
      await registry.pushManifest("a", manifest, ociMediaTypes.imageManifest, {
        tags: ["t"],
      });
      expect(steps.indexOf("sync blobs/sha512")).toBeGreaterThanOrEqual(0);
      expect(steps.indexOf("sync blobs/sha512")).toBeLessThan(steps.indexOf("rename index.json"));
    },
  );
});
