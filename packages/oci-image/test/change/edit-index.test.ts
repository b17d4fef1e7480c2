import { rmSync } from "node:fs";

import {
  ociMediaTypes,
  type Descriptor,
  type ImageIndex,
  type ImageManifest,
  type Platform,
  type Registry,
} from "@ocilayout/oci-types";
import { blobPath, bytes, digestOf, pushArtifact } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { editImage } from "../../src/change/edit-image.ts";
import { ImageEdit } from "../../src/change/image-edit.ts";
import { annotate, appendLayer, setConfig } from "../../src/change/edits.ts";
import { readImage } from "../../src/reading/read-image.ts";
import {
  configAt,
  imageOf,
  layerOf,
  manifestAt,
  openFresh,
  placeOf,
  pushImage,
  pushIndex,
  repository,
} from "./images.ts";
import { Memory } from "./memory.ts";

const { imageIndex, imageManifest } = ociMediaTypes;

const amd64: Platform = { os: "linux", architecture: "amd64" };
const arm64: Platform = { os: "linux", architecture: "arm64" };
const unknown: Platform = { os: "unknown", architecture: "unknown" };

async function pushFor(registry: Registry, platform: Platform, text = "base"): Promise<Descriptor> {
  return { ...(await pushImage(registry, text, { config: platform })), platform };
}

/** Stores an image for a platform in memory. Returns its entry in an index. */
function putFor(memory: Memory, platform: Platform, more: object = {}): Descriptor {
  const { manifest, config } = imageOf("base", { config: { ...platform, ...more } });
  memory.put(config, manifest.config.mediaType);
  return { ...memory.put(manifest, imageManifest), platform };
}

function indexOf(...manifests: readonly Descriptor[]): ImageIndex {
  return { schemaVersion: 2, mediaType: imageIndex, manifests };
}

/** Pushes an attestation about an image. */
async function pushAttestation(registry: Registry, about: Descriptor): Promise<Descriptor> {
  const annotations = {
    "vnd.docker.reference.digest": about.digest,
    "vnd.docker.reference.type": "attestation-manifest",
  };
  return {
    ...(await pushArtifact(registry, repository, `attestation of ${about.digest}`)),
    annotations,
    platform: unknown,
  };
}

describe("editImage at an index", () => {
  it("changes every image, and points its entry at the new one", async () => {
    const registry = await openFresh();
    const [one, two] = [await pushFor(registry, amd64), await pushFor(registry, arm64)];
    const entry = { ...two, annotations: { a: "1" }, urls: ["https://example.com/"], future: { b: 2 } };
    await pushIndex(registry, [one, entry], { tags: ["v1"], annotations: { kept: "yes" }, more: 1 });
    const { descriptor } = await setConfig(placeOf(registry, "v1"), { user: "web" });
    const index = await manifestAt(registry, descriptor.digest);
    expect(index).toMatchObject({
      annotations: { kept: "yes" },
      more: 1,
      manifests: [one, two].map(({ platform }) => ({ platform })),
    });
    expect(Object.keys(index.manifests[1] ?? {})).toEqual([
      "mediaType",
      "digest",
      "size",
      "platform",
      "annotations",
      "future",
    ]);
    for (const { digest, size } of index.manifests) {
      expect((await configAt(registry, digest)).config).toMatchObject({ User: "web" });
      expect((await registry.resolveManifest(repository, digest)).size).toBe(size);
    }
    expect(await registry.resolveTag(repository, "v1")).toEqual(descriptor);
  });

  it("changes only the image for the platform of the option", async () => {
    const registry = await openFresh();
    const [one, two] = [await pushFor(registry, amd64), await pushFor(registry, arm64)];
    await pushIndex(registry, [one, two], { tags: ["v1"] });
    const changes = { config: { user: "web" }, annotations: { a: "1" } };
    const { descriptor } = await editImage(placeOf(registry, "v1"), changes, { platform: "linux/arm64" });
    const index = await manifestAt(registry, descriptor.digest);
    expect(index.manifests[0]).toEqual(one);
    expect(index).not.toHaveProperty("annotations");
    const image = await readImage(placeOf(registry, "v1"), { platform: "linux/arm64" });
    expect(image.config.config).toMatchObject({ User: "web" });
    expect(image.manifest.annotations).toEqual({ a: "1" });
  });

  it("does not read the images for other platforms", async () => {
    const memory = new Memory();
    const [one, two] = [putFor(memory, amd64), putFor(memory, arm64)];
    const root = memory.put(indexOf(one, two), imageIndex);
    const at = placeOf(memory.registry, root.digest);
    await setConfig(at, { user: "web" }, { platform: "linux/arm64" });
    expect(memory.asked).toContain(two.digest);
    expect(memory.asked).not.toContain(one.digest);
  });

  it("fails with PRECONDITION_FAILED when the tag moves before the image is chosen", async () => {
    const registry = await openFresh();
    await pushIndex(registry, [await pushFor(registry, arm64)], { tags: ["v1"] });
    const moving = new Proxy(registry, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (name !== "getTag")
          return typeof value === "function" ? (value as () => unknown).bind(target) : value;
        return async (...call: Parameters<Registry["getTag"]>) => {
          const reader = await target.getTag(...call);
          await pushFor(registry, amd64).then(() => pushImage(registry, "base", { tags: ["v1"] }));
          return reader;
        };
      },
    });
    await expect(
      setConfig(placeOf(moving, "v1"), { user: "web" }, { platform: "linux/arm64" }),
    ).rejects.toMatchObject({ code: "PRECONDITION_FAILED" });
  });

  it("fails with MANIFEST_UNKNOWN when no image runs on the platform", async () => {
    const registry = await openFresh();
    await pushIndex(registry, [await pushFor(registry, amd64)], { tags: ["v1"] });
    await expect(
      setConfig(placeOf(registry, "v1"), { user: "web" }, { platform: "linux/s390x" }),
    ).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN", detail: { platforms: ["linux/amd64"] } });
  });

  it("changes an image once that has two entries, and both entries", async () => {
    const registry = await openFresh();
    const one = await pushFor(registry, amd64);
    await pushIndex(registry, [one, { ...one, platform: { ...amd64, variant: "v2" } }], { tags: ["v1"] });
    const { descriptor } = await setConfig(placeOf(registry, "v1"), { user: "web" });
    const { manifests } = await manifestAt(registry, descriptor.digest);
    expect(manifests[0]?.digest).not.toBe(one.digest);
    expect(manifests[1]).toEqual({ ...manifests[0], platform: { ...amd64, variant: "v2" } });
  });

  it("leaves artifacts and content of unknown media types alone", async () => {
    const registry = await openFresh();
    const thing = await registry.pushManifest(repository, bytes("thing"), "application/x-thing");
    const artifact = await pushArtifact(registry, repository, "one");
    const typed = await pushImage(registry, "typed", { manifest: { artifactType: "text/plain" } });
    await pushIndex(registry, [thing, artifact, typed, await pushFor(registry, amd64)], { tags: ["v1"] });
    const { descriptor } = await setConfig(placeOf(registry, "v1"), { user: "web" });
    expect((await manifestAt(registry, descriptor.digest)).manifests.slice(0, 3)).toEqual([
      thing,
      artifact,
      typed,
    ]);
  });

  it("fails with MANIFEST_UNKNOWN when the index has no image", async () => {
    const registry = await openFresh();
    await pushIndex(registry, [await pushArtifact(registry, repository, "one")], { tags: ["v1"] });
    await expect(setConfig(placeOf(registry, "v1"), { user: "web" })).rejects.toMatchObject({
      code: "MANIFEST_UNKNOWN",
    });
  });

  it("pushes nothing when one of the images is damaged", async () => {
    const memory = new Memory();
    const bad = putFor(memory, arm64, { rootfs: { type: "layers", diff_ids: [] } });
    const root = memory.put(indexOf(putFor(memory, amd64), bad), imageIndex);
    await expect(appendLayer(placeOf(memory.registry, root.digest), layerOf("top"))).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
    expect(memory.pushed).toEqual([]);
  });

  it("pushes layers first, then configs and images, then the index", async () => {
    const memory = new Memory();
    const root = memory.put(indexOf(putFor(memory, amd64), putFor(memory, arm64)), imageIndex);
    const { descriptor } = await appendLayer(placeOf(memory.registry, root.digest), layerOf("top"));
    const { manifests } = memory.read(descriptor.digest) as ImageIndex;
    const images = manifests.flatMap(({ digest }) => [
      (memory.read(digest) as ImageManifest).config.digest,
      digest,
    ]);
    expect(memory.pushed).toEqual([layerOf("top").descriptor.digest, ...images, descriptor.digest]);
  });

  it("fails when an image is missing", async () => {
    const registry = await openFresh();
    const [one, two] = [await pushFor(registry, amd64), await pushFor(registry, arm64)];
    await pushIndex(registry, [one, two], { tags: ["v1"] });
    rmSync(blobPath(registry.directory, two.digest));
    await expect(setConfig(placeOf(registry, "v1"), { user: "web" })).rejects.toMatchObject({
      code: "MANIFEST_UNKNOWN",
    });
  });

  it("returns the same index when nothing changes", async () => {
    const registry = await openFresh();
    const before = await pushIndex(registry, [await pushFor(registry, amd64)], { tags: ["v1"] });
    expect((await setConfig(placeOf(registry, "v1"), { cmd: ["sh"] })).descriptor).toEqual(before);
  });

  it("appends a layer to every image, and pushes its content once", async () => {
    const registry = await openFresh();
    const images = [await pushFor(registry, amd64), await pushFor(registry, arm64)];
    await pushIndex(registry, images, { tags: ["v1"] });
    const content = new Blob([layerOf("top").content as Uint8Array<ArrayBuffer>]).stream();
    const { descriptor } = await appendLayer(placeOf(registry, "v1"), layerOf("top", { content }));
    for (const { digest } of (await manifestAt(registry, descriptor.digest)).manifests)
      expect((await manifestAt(registry, digest)).layers[1]).toEqual(layerOf("top").descriptor);
  });
});

describe("attestations of an index", () => {
  it("are removed and reported when their image changes", async () => {
    const registry = await openFresh();
    const [one, two] = [await pushFor(registry, amd64), await pushFor(registry, arm64)];
    const [first, second] = [await pushAttestation(registry, one), await pushAttestation(registry, two)];
    await pushIndex(registry, [one, two, first, second], { tags: ["v1"] });
    const { descriptor, dropped } = await setConfig(
      placeOf(registry, "v1"),
      { user: "web" },
      { platform: "linux/arm64" },
    );
    expect(dropped).toEqual([second]);
    expect((await manifestAt(registry, descriptor.digest)).manifests).toEqual([
      one,
      expect.objectContaining({ platform: arm64 }),
      first,
    ]);
  });

  it("stay when their image stays the same", async () => {
    const registry = await openFresh();
    const one = await pushFor(registry, amd64);
    const before = await pushIndex(registry, [one, await pushAttestation(registry, one)], { tags: ["v1"] });
    const { descriptor, dropped } = await setConfig(placeOf(registry, "v1"), { cmd: ["sh"] });
    expect(dropped).toEqual([]);
    expect(descriptor).toEqual(before);
  });

  it("are not changed themselves, and need not exist", async () => {
    const memory = new Memory();
    const image = putFor(memory, amd64);
    const annotations = { "vnd.docker.reference.digest": digestOf(bytes("other")) };
    const attestation = { ...putFor(memory, unknown), annotations };
    const missing = { ...attestation, digest: digestOf(bytes("missing")) };
    const root = memory.put(indexOf(image, attestation, missing), imageIndex);
    const { descriptor } = await setConfig(placeOf(memory.registry, root.digest), { user: "web" });
    const { manifests } = memory.read(descriptor.digest) as ImageIndex;
    expect(manifests.slice(1)).toEqual([attestation, missing]);
    expect(memory.asked).not.toContain(attestation.digest);
  });

  it("are removed from an index that comes before the image", async () => {
    const registry = await openFresh();
    const one = await pushFor(registry, amd64);
    const first = await pushIndex(registry, [await pushAttestation(registry, one)]);
    await pushIndex(registry, [first, await pushIndex(registry, [one])], { tags: ["v1"] });
    const { descriptor, dropped } = await setConfig(placeOf(registry, "v1"), { user: "web" });
    expect(dropped).toHaveLength(1);
    const [changed] = (await manifestAt(registry, descriptor.digest)).manifests;
    expect((await manifestAt(registry, changed?.digest ?? "")).manifests).toEqual([]);
  });
});

describe("annotate at an index", () => {
  it("changes the index itself, without reading its manifests", async () => {
    const memory = new Memory();
    const root = memory.put(indexOf(putFor(memory, amd64)), imageIndex);
    const { descriptor } = await annotate(placeOf(memory.registry, root.digest), { a: "1" });
    expect(memory.asked).toEqual([root.digest]);
    expect(memory.read(descriptor.digest)).toMatchObject({ annotations: { a: "1" } });
  });

  it("leaves the manifests alone", async () => {
    const registry = await openFresh();
    const one = await pushFor(registry, amd64);
    await pushIndex(registry, [one], { tags: ["v1"], annotations: { a: "1" } });
    const { descriptor } = await annotate(placeOf(registry, "v1"), { a: null, b: "2" });
    expect(await manifestAt(registry, descriptor.digest)).toMatchObject({
      manifests: [one],
      annotations: { b: "2" },
    });
  });

  it("changes an index without images", async () => {
    const registry = await openFresh();
    await pushIndex(registry, [], { tags: ["v1"] });
    const { descriptor } = await annotate(placeOf(registry, "v1"), { a: "1" });
    expect(await manifestAt(registry, descriptor.digest)).toMatchObject({ annotations: { a: "1" } });
  });

  it("changes the index and all images when the config changes as well", async () => {
    const registry = await openFresh();
    const nested = await pushIndex(registry, [await pushFor(registry, amd64)]);
    await pushIndex(registry, [nested], { tags: ["v1"] });
    const changes = { annotations: { a: "1" }, config: { user: "web" } };
    const { descriptor } = await editImage(placeOf(registry, "v1"), changes);
    const index = await manifestAt(registry, descriptor.digest);
    expect(index.annotations).toEqual({ a: "1" });
    const inner = await manifestAt(registry, index.manifests[0]?.digest ?? "");
    expect(inner).not.toHaveProperty("annotations");
    const image = await manifestAt(registry, inner.manifests[0]?.digest ?? "");
    expect(image).not.toHaveProperty("annotations");
    expect((await readImage(placeOf(registry, "v1"), { platform: amd64 })).config.config).toMatchObject({
      User: "web",
    });
  });
});

describe("nested indexes", () => {
  it("are changed with their images, once each", async () => {
    const registry = await openFresh();
    const inner = await pushIndex(registry, [await pushFor(registry, amd64)]);
    const middle = await pushIndex(registry, [inner]);
    await pushIndex(registry, [inner, middle], { tags: ["v1"], artifactType: "text/plain" });
    const { descriptor } = await setConfig(placeOf(registry, "v1"), { user: "web" });
    const { manifests, artifactType } = await manifestAt(registry, descriptor.digest);
    expect(artifactType).toBe("text/plain");
    expect((await manifestAt(registry, manifests[1]?.digest ?? "")).manifests).toEqual([manifests[0]]);
    expect((await readImage(placeOf(registry, "v1"), { platform: amd64 })).config.config).toMatchObject({
      User: "web",
    });
  });

  it("may be missing when the image for one platform changes", async () => {
    const memory = new Memory();
    const image = putFor(memory, amd64);
    const missing = { ...image, mediaType: imageIndex, digest: digestOf(bytes("missing")), platform: arm64 };
    const root = memory.put(indexOf(missing, image), imageIndex);
    const at = placeOf(memory.registry, root.digest);
    const { descriptor } = await setConfig(at, { user: "web" }, { platform: "linux/amd64" });
    expect((memory.read(descriptor.digest) as ImageIndex).manifests[0]).toEqual(missing);
    await expect(setConfig(at, { user: "web" })).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
  });

  it("are changed 1,000 levels deep, and rejected above 1,000 manifests", async () => {
    const memory = new Memory();
    let top = putFor(memory, amd64);
    const nest = (levels: number): string => {
      for (let i = 0; i < levels; i += 1) top = memory.put(indexOf(top), imageIndex);
      return top.digest;
    };
    const deep = await setConfig(placeOf(memory.registry, nest(1000)), { user: "web" });
    const image = await readImage(placeOf(memory.registry, deep.descriptor.digest), { platform: amd64 });
    expect(image.config.config).toMatchObject({ User: "web" });
    await expect(setConfig(placeOf(memory.registry, nest(1)), { user: "web" })).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
      detail: { limit: 1000 },
    });
  });
});

it("an edit keeps at most 256 MiB of documents in memory", () => {
  const edit = new ImageEdit(placeOf(new Memory().registry, "v1"), {});
  edit.keep(256 * 1024 * 1024);
  expect(() => {
    edit.keep(1);
  }).toThrow(expect.objectContaining({ code: "SIZE_INVALID" }) as Error);
});

it("setConfig reads and writes the types of Docker's manifest list", async () => {
  const registry = await openFresh();
  const one = await pushFor(registry, amd64);
  const mediaType = "application/vnd.docker.distribution.manifest.list.v2+json";
  const list = JSON.stringify({ schemaVersion: 2, mediaType, manifests: [one] });
  await registry.pushManifest(repository, bytes(list), mediaType, { tags: ["v1"] });
  const { descriptor } = await setConfig(placeOf(registry, "v1"), { user: "web" });
  expect(descriptor.mediaType).toBe(mediaType);
  expect((await manifestAt(registry, descriptor.digest)).manifests[0]?.mediaType).toBe(
    ociMediaTypes.imageManifest,
  );
});
