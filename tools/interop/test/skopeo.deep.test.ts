import { readFileSync } from "node:fs";
import { join } from "node:path";

import { openLayout } from "@ocilayout/layout-core";
import { collect } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import {
  buildArtifact,
  buildImage,
  buildIndex,
  otherPlatform,
  pushImage,
  pushManifest,
  thisPlatform,
  type Image,
} from "./images.ts";
import { has, skopeoIn } from "./programs.ts";
import { blob, blobsOf, indexText, shareLayout, type SharedLayout } from "./shared-layout.ts";

const isHere = has("skopeo");
const one = buildImage("one");
const two = buildImage("two");
const foreign = buildImage("foreign", otherPlatform);
const multi = buildIndex(one, foreign);

/** Makes a layout with a tag for each kind of content that this file tests. */
async function share(): Promise<SharedLayout & { readonly skopeo: ReturnType<typeof skopeoIn> }> {
  const shared = await shareLayout("app");
  for (const image of [one, foreign]) await pushImage(shared.registry, "app", image);
  await pushManifest(shared.registry, "app", one, "v1");
  await pushManifest(shared.registry, "app", multi, "multi");
  return { ...shared, skopeo: skopeoIn(shared.cwd) };
}

/** Returns the names of all blobs of `images`. */
function blobNames(...images: readonly Image[]): string[] {
  const all = images.flatMap((image) => [image, image.config, ...image.layers]);
  return [...new Set(all.map(({ descriptor }) => descriptor.digest.slice(7)))].sort();
}

// clause 24
describe.skipIf(!isHere)("skopeo with a layout that we wrote", () => {
  it("inspects an image with our results", async () => {
    const { skopeo } = await share();
    expect(JSON.parse(await skopeo("inspect", "oci:layout:v1"))).toMatchObject({
      Digest: one.descriptor.digest,
      Architecture: thisPlatform.architecture,
      Os: "linux",
      Layers: one.layers.map((layer) => layer.descriptor.digest),
      Labels: { name: "one" },
    });
  });

  it("fetches the bytes of a manifest, an index and a config as they were pushed", async () => {
    const { skopeo } = await share();
    expect(await skopeo("inspect", "--raw", "oci:layout:v1")).toBe(one.bytes.toString());
    expect(await skopeo("inspect", "--raw", "oci:layout:multi")).toBe(multi.bytes.toString());
    expect(await skopeo("inspect", "--config", "--raw", "oci:layout:v1")).toBe(one.config.bytes.toString());
  });

  it("finds the image for this machine in an index", async () => {
    const { skopeo } = await share();
    expect(JSON.parse(await skopeo("inspect", "oci:layout:multi"))).toMatchObject({
      Digest: multi.descriptor.digest,
      Architecture: thisPlatform.architecture,
      Labels: { name: "one" },
    });
  });

  it("copies an image into another layout, with exactly its blobs", async () => {
    const { cwd, skopeo } = await share();
    await skopeo("copy", "oci:layout:v1", "oci:copy:v1");
    expect(blobsOf(cwd, "copy")).toEqual(blobNames(one));
    for (const { bytes, descriptor } of [one, one.config, ...one.layers])
      expect(blob(cwd, "copy", descriptor.digest)).toEqual(bytes);
  });

  it("copies all images of an index, byte for byte", async () => {
    const { cwd, skopeo } = await share();
    await skopeo("copy", "--all", "oci:layout:multi", "oci:copy:multi");
    expect(blobsOf(cwd, "copy")).toEqual(
      [...blobNames(one, foreign), multi.descriptor.digest.slice(7)].sort(),
    );
    for (const { bytes, descriptor } of [multi, one, foreign])
      expect(blob(cwd, "copy", descriptor.digest)).toEqual(bytes);
  });

  it("copies all images of an index into a plain directory", async () => {
    const { cwd, skopeo } = await share();
    await skopeo("copy", "--all", "oci:layout:multi", "dir:copy");
    const file = (name: string): Buffer => readFileSync(join(cwd, "copy", name));
    expect(file("manifest.json")).toEqual(multi.bytes);
    for (const image of [one, foreign]) {
      expect(file(`${image.descriptor.digest.slice(7)}.manifest.json`)).toEqual(image.bytes);
      for (const { bytes, descriptor } of [image.config, ...image.layers])
        expect(file(descriptor.digest.slice(7))).toEqual(bytes);
    }
  });

  it("reads and copies an artifact with a subject", async () => {
    const { cwd, registry, skopeo } = await share();
    const artifact = buildArtifact("about one", one.descriptor);
    await pushImage(registry, "app", artifact, "artifact");
    expect(await skopeo("inspect", "--raw", "oci:layout:artifact")).toBe(artifact.bytes.toString());
    await skopeo("copy", "oci:layout:artifact", "oci:copy:artifact");
    expect(blobsOf(cwd, "copy")).toEqual(blobNames(artifact));
  });

  it("sees that a tag was moved, and that one was deleted", async () => {
    const { registry, skopeo } = await share();
    await pushImage(registry, "app", two, "v1");
    expect(await skopeo("inspect", "--raw", "oci:layout:v1")).toBe(two.bytes.toString());
    await registry.deleteTag("app", "v1");
    await expect(skopeo("inspect", "--raw", "oci:layout:v1")).rejects.toThrow("v1");
  });

  it("needs no tag if there is one untagged image", async () => {
    const { cwd, registry } = await shareLayout("app");
    await pushImage(registry, "app", one);
    expect(await skopeoIn(cwd)("inspect", "--raw", "oci:layout")).toBe(one.bytes.toString());
  });
});

// clauses 22, 23
describe.skipIf(!isHere)("skopeo with a layout that we have open", () => {
  it("creates the layout if we opened a missing directory", async () => {
    const { cwd, skopeo } = await share();
    await using empty = await openLayout(join(cwd, "theirs"), { defaultRepository: "app" });
    expect(await collect(empty.repositories())).toEqual([]);
    await skopeo("copy", "oci:layout:v1", "oci:theirs:v1");
    expect(await (await empty.getTag("app", "v1")).bytes()).toEqual(new Uint8Array(one.bytes));
    await pushImage(empty, "app", two, "v2");
    expect(await skopeo("inspect", "--raw", "oci:theirs:v2")).toBe(two.bytes.toString());
    expect(await collect(empty.verify())).toEqual([]);
  });

  it("adds a tag, which the next call sees", async () => {
    const { registry, skopeo } = await share();
    await skopeo("copy", "oci:layout:v1", "oci:layout:theirs");
    expect(await collect(registry.tags("app"))).toEqual(["multi", "theirs", "v1"]);
    expect(await registry.resolveTag("app", "theirs")).toEqual(one.descriptor);
  });

  it("moves a tag of ours, and the old manifest is still readable by digest", async () => {
    const { registry, skopeo } = await share();
    await pushImage(registry, "app", two, "v2");
    await skopeo("copy", "oci:layout:v1", "oci:layout:v2");
    expect(await registry.resolveTag("app", "v2")).toEqual(one.descriptor);
    expect(await registry.resolveManifest("app", two.descriptor.digest)).toEqual(two.descriptor);
    expect(await collect(registry.verify())).toEqual([]);
  });

  it("adds an index, whose images are readable by digest", async () => {
    const { cwd, skopeo } = await share();
    await using theirs = await openLayout(join(cwd, "theirs"), { defaultRepository: "app" });
    await pushImage(theirs, "app", two, "v2");
    await skopeo("copy", "--all", "oci:layout:multi", "oci:theirs:multi");
    expect(await theirs.resolveTag("app", "multi")).toEqual(multi.descriptor);
    expect(await (await theirs.getManifest("app", foreign.descriptor.digest)).bytes()).toEqual(
      new Uint8Array(foreign.bytes),
    );
    expect(await collect(theirs.verify())).toEqual([]);
  });

  it("adds an index without its images, which is readable, and no call about others fails", async () => {
    const { cwd, skopeo } = await share();
    await using theirs = await openLayout(join(cwd, "theirs"), { defaultRepository: "app" });
    await skopeo("copy", "--multi-arch", "index-only", "oci:layout:multi", "oci:theirs:multi");
    expect(await (await theirs.getTag("app", "multi")).bytes()).toEqual(new Uint8Array(multi.bytes));
    await expect(theirs.getManifest("app", one.descriptor.digest)).rejects.toMatchObject({
      code: "MANIFEST_UNKNOWN",
    });
    await pushImage(theirs, "app", two, "v2");
    expect(await collect(theirs.tags("app"))).toEqual(["multi", "v2"]);
    expect((await collect(theirs.verify())).map(({ kind, digest }) => [kind, digest])).toEqual(
      [one, foreign].map(({ descriptor }) => ["missing-blob", descriptor.digest]).sort(),
    );
  });

  it("adds an image without a tag to the default repository", async () => {
    const { cwd, registry } = await shareLayout("app");
    const skopeo = skopeoIn(cwd);
    await pushImage(registry, "app", one, "v1");
    await skopeo("copy", "oci:layout:v1", "oci:other");
    await using other = await openLayout(join(cwd, "other"), { defaultRepository: "app" });
    expect(await collect(other.tags("app"))).toEqual([]);
    expect(await other.resolveManifest("app", one.descriptor.digest)).toEqual(one.descriptor);
  });

  it("keeps its entries byte for byte through our next pushes, and keeps reading them", async () => {
    const { cwd, registry, skopeo } = await share();
    await skopeo("copy", "oci:layout:v1", "oci:layout:theirs");
    const before = indexText(cwd);
    await pushImage(registry, "app", two, "v2");
    expect(indexText(cwd).startsWith(before.slice(0, before.lastIndexOf("]")))).toBe(true);
    for (const [tag, image] of [
      ["theirs", one],
      ["v1", one],
      ["v2", two],
    ] as const) {
      expect(await skopeo("inspect", "--raw", `oci:layout:${tag}`)).toBe(image.bytes.toString());
    }
  });
});
