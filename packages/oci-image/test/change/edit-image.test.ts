import { collect, dockerMediaTypes, ociMediaTypes, type Registry } from "@ocilayout/oci-types";
import { bytes, descriptorOf, pushArtifact } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { editImage } from "../../src/change/edit-image.ts";
import { annotate, appendLayer, setConfig } from "../../src/change/edits.ts";
import { readImage } from "../../src/reading/read-image.ts";
import {
  configAt,
  encode,
  layerOf,
  manifestAt,
  openFresh,
  placeOf,
  pushImage,
  repository,
} from "./images.ts";

/** Returns `registry` with some calls replaced. */
function replacing(registry: Registry, calls: Partial<Registry>): Registry {
  return new Proxy(registry, {
    get: (target, name) => {
      if (Object.hasOwn(calls, name)) return calls[name as keyof Registry];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value as () => unknown).bind(target) : value;
    },
  });
}

/** Returns a registry that counts what is pushed to it. */
function counting(registry: Registry): { registry: Registry; pushes: string[] } {
  const pushes: string[] = [];
  const calls: Partial<Registry> = {
    pushBlob: (...call) => (pushes.push("blob"), registry.pushBlob(...call)),
    pushManifest: (...call) => (pushes.push("manifest"), registry.pushManifest(...call)),
  };
  return { registry: replacing(registry, calls), pushes };
}

describe("editImage at a tag", () => {
  it("pushes the changed image and moves the tag", async () => {
    const registry = await openFresh();
    const before = await pushImage(registry, "base", { tags: ["v1"] });
    const changes = { config: { user: "web" }, annotations: { a: "1" }, layers: [layerOf("top")] };
    const { descriptor, dropped } = await editImage(placeOf(registry, "v1"), changes);
    expect(await registry.resolveTag(repository, "v1")).toEqual(descriptor);
    expect(descriptor.digest).not.toBe(before.digest);
    expect(dropped).toEqual([]);
    const { manifest, config } = await readImage(placeOf(registry, "v1"));
    expect(manifest).toMatchObject({ annotations: { a: "1" }, layers: [{}, layerOf("top").descriptor] });
    expect(config).toMatchObject({ config: { User: "web" }, history: [{}, {}, {}] });
    expect((await registry.getBlob(repository, layerOf("top").descriptor.digest)).descriptor.size).toBe(10);
  });

  it("keeps the old image, by its digest", async () => {
    const registry = await openFresh();
    const before = await pushImage(registry, "base", { tags: ["v1"] });
    await setConfig(placeOf(registry, "v1"), { user: "web" });
    expect((await registry.getManifest(repository, before.digest)).descriptor).toEqual(before);
  });

  it("fails with PRECONDITION_FAILED when the tag moves meanwhile, and loses no change", async () => {
    const layout = await openFresh();
    await pushImage(layout, "base", { tags: ["v1"] });
    const registry = replacing(layout, {
      getBlob: async (...call) => {
        await setConfig(placeOf(layout, "v1"), { labels: { other: "yes" } });
        return layout.getBlob(...call);
      },
    });
    await expect(setConfig(placeOf(registry, "v1"), { user: "web" })).rejects.toMatchObject({
      code: "PRECONDITION_FAILED",
    });
    const { config } = await readImage(placeOf(layout, "v1"));
    expect(config.config).toMatchObject({ Labels: { other: "yes" } });
    expect(config.config).not.toHaveProperty("User");
  });

  it.each([
    ["moved", (layout: Registry) => pushImage(layout, "other", { tags: ["v1"] })],
    ["was deleted", (layout: Registry) => layout.deleteTag(repository, "v1")],
  ])("detects that the tag %s in a registry without preconditions", async (_name, meddle) => {
    const layout = await openFresh();
    await pushImage(layout, "base", { tags: ["v1"] });
    const registry = replacing(layout, { capabilities: { conditionalTags: false } });
    await setConfig(placeOf(registry, "v1"), { user: "web" });
    const meddling = replacing(registry, {
      getBlob: async (...call) => {
        await meddle(layout);
        return layout.getBlob(...call);
      },
    });
    await expect(setConfig(placeOf(meddling, "v1"), { user: "root" })).rejects.toMatchObject({
      code: "PRECONDITION_FAILED",
      detail: { tag: "v1" },
    });
  });

  it("sets the tags of the option instead, whatever they point at", async () => {
    const registry = await openFresh();
    const before = await pushImage(registry, "base", { tags: ["v1", "old"] });
    const { descriptor } = await setConfig(
      placeOf(registry, "v1"),
      { user: "web" },
      { tags: ["new", "old"] },
    );
    expect(await registry.resolveTag(repository, "v1")).toEqual(before);
    expect(await registry.resolveTag(repository, "new")).toEqual(descriptor);
    expect(await registry.resolveTag(repository, "old")).toEqual(descriptor);
  });

  it("moves no tag when the option is an empty list", async () => {
    const registry = await openFresh();
    const before = await pushImage(registry, "base", { tags: ["v1"] });
    const { descriptor } = await setConfig(placeOf(registry, "v1"), { user: "web" }, { tags: [] });
    expect(await registry.resolveTag(repository, "v1")).toEqual(before);
    expect((await registry.resolveManifest(repository, descriptor.digest)).digest).toBe(descriptor.digest);
  });
});

describe("editImage at a digest", () => {
  it("pushes the changed image without a tag", async () => {
    const registry = await openFresh();
    const before = await pushImage(registry, "base", { tags: ["v1"] });
    const { descriptor } = await setConfig(placeOf(registry, before.digest), { user: "web" });
    expect(await collect(registry.tags(repository))).toEqual(["v1"]);
    expect(await registry.resolveTag(repository, "v1")).toEqual(before);
    expect((await configAt(registry, descriptor.digest)).config).toMatchObject({ User: "web" });
  });

  it("keeps the algorithm of the digest", async () => {
    const registry = await openFresh();
    await pushImage(registry);
    const content = encode(await manifestAt(registry, (await pushImage(registry)).digest));
    const digest = `sha512:${Buffer.from(await crypto.subtle.digest("SHA-512", content)).toString("hex")}`;
    await registry.pushManifest(repository, content, ociMediaTypes.imageManifest, { digest });
    const { descriptor } = await annotate(placeOf(registry, digest), { a: "1" });
    expect(descriptor.digest).toMatch(/^sha512:/);
    expect(await manifestAt(registry, descriptor.digest)).toMatchObject({ annotations: { a: "1" } });
  });
});

describe("editImage with a change that changes nothing", () => {
  it("pushes nothing and returns the same descriptor, also if the original is not compact JSON", async () => {
    const layout = await openFresh();
    await pushImage(layout);
    const content = JSON.stringify(await manifestAt(layout, (await pushImage(layout)).digest), null, 2);
    const before = await layout.pushManifest(repository, bytes(content), ociMediaTypes.imageManifest, {
      tags: ["v1"],
    });
    const { registry, pushes } = counting(layout);
    const changes = { config: { cmd: ["sh"] }, annotations: { missing: null } };
    expect((await editImage(placeOf(registry, "v1"), changes)).descriptor).toEqual(before);
    expect(pushes).toEqual([]);
  });

  it("still sets the tags of the option", async () => {
    const registry = await openFresh();
    const before = await pushImage(registry, "base", { tags: ["v1"] });
    await setConfig(placeOf(registry, "v1"), {}, { tags: ["v2"] });
    expect(await registry.resolveTag(repository, "v2")).toEqual(before);
  });
});

describe("appendLayer", () => {
  it("needs no content for a layer that the repository has", async () => {
    const registry = await openFresh();
    await pushImage(registry, "base", { tags: ["v1"] });
    const { descriptor, diffId, content = bytes("") } = layerOf("top");
    await registry.pushBlob(repository, descriptor, content);
    await appendLayer(placeOf(registry, "v1"), { descriptor, diffId });
    expect((await readImage(placeOf(registry, "v1"))).config.rootfs.diff_ids[1]).toBe(diffId);
  });

  it("fails with MANIFEST_BLOB_UNKNOWN for a missing layer, and moves no tag", async () => {
    const registry = await openFresh();
    const before = await pushImage(registry, "base", { tags: ["v1"] });
    const { descriptor, diffId } = layerOf("top");
    await expect(appendLayer(placeOf(registry, "v1"), { descriptor, diffId })).rejects.toMatchObject({
      code: "MANIFEST_BLOB_UNKNOWN",
      detail: { missing: [descriptor.digest] },
    });
    expect(await registry.resolveTag(repository, "v1")).toEqual(before);
  });

  it("fails with DIGEST_INVALID for content that does not match, and moves no tag", async () => {
    const registry = await openFresh();
    const before = await pushImage(registry, "base", { tags: ["v1"] });
    const layer = layerOf("top", { content: bytes("packed pot") });
    await expect(appendLayer(placeOf(registry, "v1"), layer)).rejects.toMatchObject({
      code: "DIGEST_INVALID",
    });
    expect(await registry.resolveTag(repository, "v1")).toEqual(before);
  });

  it("writes Docker's media type in a Docker image", async () => {
    const registry = await openFresh();
    const { manifest: mediaType } = dockerMediaTypes;
    await pushImage(registry, "base", { manifest: { mediaType }, tags: ["v1"] });
    const { descriptor } = await appendLayer(placeOf(registry, "v1"), layerOf("top"));
    expect(descriptor.mediaType).toBe(mediaType);
    expect((await manifestAt(registry, descriptor.digest)).layers[1]?.mediaType).toBe(
      dockerMediaTypes.layerGzip,
    );
  });

  it("reads one stream for two layers with the same digest", async () => {
    const registry = await openFresh();
    await pushImage(registry, "base", { tags: ["v1"] });
    const content = new Blob([layerOf("top").content as Uint8Array<ArrayBuffer>]).stream();
    const layer = layerOf("top", { content });
    await editImage(placeOf(registry, "v1"), { layers: [layer, layer] });
    expect((await readImage(placeOf(registry, "v1"))).manifest.layers).toHaveLength(3);
  });

  it("cancels the content of a layer when it fails before it reads it", async () => {
    const registry = await openFresh();
    let reason: unknown = "not cancelled";
    const content: ReadableStream<Uint8Array> = new ReadableStream({ cancel: (it) => void (reason = it) });
    await expect(
      appendLayer(placeOf(registry, "missing"), layerOf("top", { content })),
    ).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
    expect(reason).toBeUndefined();
  });
});

describe("annotate", () => {
  it("changes an artifact without reading its config", async () => {
    const layout = await openFresh();
    await pushArtifact(layout, repository, "one", ["v1"]);
    const registry = replacing(layout, {
      getBlob: () => Promise.reject(new Error("the config was read")),
    });
    const { descriptor } = await annotate(placeOf(registry, "v1"), { a: "1", name: null });
    expect(await manifestAt(layout, descriptor.digest)).toMatchObject({
      artifactType: "application/vnd.example",
      annotations: { a: "1" },
    });
  });

  it("rejects a manifest of an unknown media type with MANIFEST_INVALID", async () => {
    const registry = await openFresh();
    await registry.pushManifest(repository, bytes("thing"), "application/x-thing", { tags: ["v1"] });
    await expect(annotate(placeOf(registry, "v1"), { a: "1" })).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
  });
});

describe("setConfig", () => {
  it("rejects an artifact with MANIFEST_INVALID", async () => {
    const registry = await openFresh();
    await pushArtifact(registry, repository, "one", ["v1"]);
    await expect(setConfig(placeOf(registry, "v1"), { user: "web" })).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
  });

  it("rejects an image that does not run on the platform with MANIFEST_UNKNOWN", async () => {
    const registry = await openFresh();
    await pushImage(registry, "base", { tags: ["v1"] });
    const at = placeOf(registry, "v1");
    await expect(setConfig(at, { user: "web" }, { platform: "linux/arm64" })).rejects.toMatchObject({
      code: "MANIFEST_UNKNOWN",
    });
    await setConfig(at, { user: "web" }, { platform: "linux/amd64" });
    expect((await readImage(at)).config.config).toMatchObject({ User: "web" });
  });

  it("rejects a manifest above maxManifestBytes with SIZE_INVALID", async () => {
    const registry = await openFresh();
    await pushImage(registry, "base", { tags: ["v1"] });
    await expect(
      setConfig(placeOf(registry, "v1"), { user: "web" }, { maxManifestBytes: 10 }),
    ).rejects.toMatchObject({ code: "SIZE_INVALID" });
  });
});

describe("a signal of editImage", () => {
  // clause 2
  it("that is aborted already prevents all calls", async () => {
    const registry = new Proxy({} as Registry, {
      get: () => () => Promise.reject(new Error("the registry was called")),
    });
    const signal = AbortSignal.abort("never");
    await expect(setConfig(placeOf(registry, "v1"), { user: "web" }, { signal })).rejects.toBe("never");
  });

  it.each([1, 2])("that is aborted after push %d prevents the next one", async (count) => {
    const layout = await openFresh();
    const before = await pushImage(layout, "base", { tags: ["v1"] });
    const controller = new AbortController();
    let pushes = 0;
    const done = <Value>(value: Value): Value => {
      pushes += 1;
      if (pushes === count) controller.abort("enough");
      return value;
    };
    // These calls ignore the signal.
    const registry = replacing(layout, {
      pushBlob: async (to, blob, content) => done(await layout.pushBlob(to, blob, content)),
      pushManifest: async (to, content, type) => done(await layout.pushManifest(to, content, type)),
    });
    const changes = { layers: [layerOf("top")], config: { user: "web" } };
    const { signal } = controller;
    await expect(editImage(placeOf(registry, "v1"), changes, { signal })).rejects.toBe("enough");
    expect(pushes).toBe(count);
    expect(await layout.resolveTag(repository, "v1")).toEqual(before);
  });
});

describe("arguments of editImage", () => {
  // clause 1
  it.each([
    [undefined, {}, {}],
    ["v1", undefined, {}],
    ["v1", {}, null],
    ["v1", {}, { tags: "v1" }],
    ["v1", {}, { tags: [1] }],
    ["v1", {}, { platform: 1 }],
    ["v1", {}, { signal: {} }],
  ])("of other types are rejected with a TypeError: case %#", async (reference, changes, options) => {
    const registry = await openFresh();
    await expect(
      editImage(placeOf(registry, reference as never), changes as object, options as object),
    ).rejects.toThrow(TypeError);
  });

  it("are not left out", async () => {
    const at = placeOf(await openFresh(), "v1");
    await expect(setConfig(at, undefined as never)).rejects.toThrow(TypeError);
    await expect(annotate(at, undefined as never)).rejects.toThrow(TypeError);
    await expect(appendLayer(at, undefined as never)).rejects.toThrow(TypeError);
  });

  it.each([{ tags: ["not a tag"] }, { platform: "linux" }])(
    "that are invalid are rejected with NAME_INVALID: %j",
    async (options) => {
      const registry = await openFresh();
      await expect(setConfig(placeOf(registry, "v1"), {}, options)).rejects.toMatchObject({
        code: "NAME_INVALID",
      });
    },
  );

  it("describe a missing image", async () => {
    const registry = await openFresh();
    const { digest } = descriptorOf(bytes("missing"));
    await pushImage(registry);
    for (const reference of [digest, "missing"])
      await expect(setConfig(placeOf(registry, reference), {})).rejects.toMatchObject({
        code: "MANIFEST_UNKNOWN",
      });
  });
});
