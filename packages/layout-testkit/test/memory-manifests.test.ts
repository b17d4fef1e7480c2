import { collect, dockerMediaTypes, emptyDescriptor, ociMediaTypes } from "@ocilayout/oci-types";
import { bytes } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { artifact, blob, emptyBlob, image, index, json, layer, pushContent } from "../src/content/index.ts";
import { createMemoryRegistry, type MemoryOptions, type MemoryRegistry } from "../src/memory/index.ts";

const { imageManifest, imageIndex } = ociMediaTypes;
const valid = { schemaVersion: 2, mediaType: imageManifest, config: emptyDescriptor, layers: [] };
const silent = await json({ ...valid, mediaType: undefined }, imageManifest);
const app = await image({ layers: ["one", "two"] });
const other = await image({ layers: ["other"] });

/** A registry whose repository "a" has the content `{}`. */
async function open(options: MemoryOptions = {}): Promise<MemoryRegistry> {
  const registry = createMemoryRegistry(options);
  await pushContent(registry, "a", emptyBlob);
  return registry;
}

// clause 12
describe("a manifest in memory", () => {
  it("is stored byte for byte, including white space and unknown members", async () => {
    const registry = await open();
    const odd = bytes(`\n {"x": 1.0, ${JSON.stringify(valid).slice(1)}  `);
    const { digest } = await registry.pushManifest("a", odd, imageManifest, { tags: ["t"] });
    for (const reader of [await registry.getManifest("a", digest), await registry.getTag("a", "t")]) {
      expect(reader.descriptor).toEqual({ mediaType: imageManifest, digest, size: odd.length });
      expect(await reader.bytes()).toEqual(odd);
    }
  });

  it("loses no blob that is pushed to its new repository at the same time", async () => {
    for (let turns = 0; turns < 60; turns += 1) {
      const registry = createMemoryRegistry();
      await pushContent(registry, "b", emptyBlob);
      const pushing = registry.pushManifest("a", bytes("x"), "text/plain");
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      await registry.mountBlob("b", "a", emptyDescriptor.digest);
      await pushing;
      await registry.resolveBlob("a", emptyDescriptor.digest);
    }
  });

  // section 3
  it("can be read by getBlob, too", async () => {
    const registry = await open();
    const { digest } = await registry.pushManifest("a", silent.content, imageManifest);
    expect(await (await registry.getBlob("a", digest)).bytes()).toEqual(silent.content);
  });

  it("has its media type's parameters stripped, and is checked all the same", async () => {
    const registry = await open();
    const type = `${imageManifest}; charset=utf-8`;
    expect(await registry.pushManifest("a", silent.content, type)).toMatchObject({
      mediaType: imageManifest,
    });
    await expect(registry.pushManifest("a", bytes("{}"), type)).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
  });

  it("is rejected with MANIFEST_INVALID if its mediaType differs from the argument", async () => {
    const registry = await open();
    const call = registry.pushManifest("a", bytes(JSON.stringify(valid)), dockerMediaTypes.manifest);
    await expect(call).rejects.toMatchObject({ code: "MANIFEST_INVALID" });
  });

  it("without a mediaType takes the argument, and cannot get another type later", async () => {
    const registry = await open();
    await registry.pushManifest("a", silent.content, dockerMediaTypes.manifest);
    expect(await registry.resolveManifest("a", silent.descriptor.digest)).toMatchObject({
      mediaType: dockerMediaTypes.manifest,
    });
    await expect(registry.pushManifest("a", silent.content, imageManifest)).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
  });

  it("can have another type in another repository, and after it was deleted", async () => {
    const registry = await open();
    const { digest } = await registry.pushManifest("a", silent.content, dockerMediaTypes.manifest);
    await pushContent(registry, "b", emptyBlob);
    expect(await registry.pushManifest("b", silent.content, imageManifest)).toMatchObject({
      mediaType: imageManifest,
    });
    await registry.deleteManifest("a", digest);
    expect(await registry.pushManifest("a", silent.content, imageManifest)).toMatchObject({
      mediaType: imageManifest,
    });
  });

  it("of an unknown media type may have any content", async () => {
    const registry = createMemoryRegistry();
    const content = new Uint8Array([0, 255, 1]);
    const { digest } = await registry.pushManifest("a", content, "application/x-thing");
    const reader = await registry.getManifest("a", digest);
    expect(reader.descriptor).toEqual({ mediaType: "application/x-thing", digest, size: 3 });
    expect(await reader.bytes()).toEqual(content);
  });

  it.each(["", "manifest", "a b/c"])(
    "with the invalid media type %j is rejected with MANIFEST_INVALID",
    async (mediaType) => {
      await expect(createMemoryRegistry().pushManifest("a", bytes("{}"), mediaType)).rejects.toMatchObject({
        code: "MANIFEST_INVALID",
      });
    },
  );

  it("is verified against the digest option, which also chooses the algorithm", async () => {
    const registry = await open();
    const digest = app.descriptor.digest;
    await expect(registry.pushManifest("a", silent.content, imageManifest, { digest })).rejects.toMatchObject(
      { code: "DIGEST_INVALID" },
    );
    const sha512 = THING_SHA512;
    expect(
      await registry.pushManifest("a", bytes("thing"), "application/x-thing", { digest: sha512 }),
    ).toMatchObject({ digest: sha512 });
    expect(await registry.resolveManifest("a", sha512)).toMatchObject({ digest: sha512 });
  });
});

// clause 13
describe("a manifest of a known type in memory", () => {
  it.each<[string, unknown]>([
    ["that is an array", []],
    ["that is empty", {}],
    ["of schemaVersion 1", { ...valid, schemaVersion: 1 }],
    ["with manifests beside layers", { ...valid, manifests: [] }],
    ["without a config", { ...valid, config: undefined }],
    ["with a size below zero", { ...valid, config: { ...emptyDescriptor, size: -1 } }],
    ["with a size beyond 2^53", { ...valid, config: { ...emptyDescriptor, size: 2 ** 53 } }],
    ["with another size than the stored blob's", { ...valid, config: { ...emptyDescriptor, size: 3 } }],
    ["with an invalid digest", { ...valid, config: { ...emptyDescriptor, digest: "x" } }],
    ["with an annotation that is not a string", { ...valid, annotations: { a: 1 } }],
    ["with an empty artifactType", { ...valid, artifactType: "" }],
  ])("%s is rejected with MANIFEST_INVALID, and changes nothing", async (_name, document) => {
    const registry = await open();
    const { content, descriptor } = await json(document, imageManifest);
    await expect(registry.pushManifest("a", content, imageManifest, { tags: ["t"] })).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
    await expect(registry.resolveTag("a", "t")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
    await expect(registry.getManifest("a", descriptor.digest)).rejects.toMatchObject({
      code: "MANIFEST_UNKNOWN",
    });
  });

  it("is rejected with SIZE_INVALID over the size limit, and accepted at the limit", async () => {
    const limit = 4 * 1024 * 1024;
    const registry = createMemoryRegistry({ maxManifestBytes: limit });
    await registry.pushManifest("a", new Uint8Array(limit), "application/x-thing");
    const call = registry.pushManifest("a", new Uint8Array(limit + 1), "application/x-thing");
    await expect(call).rejects.toMatchObject({ code: "SIZE_INVALID", detail: { limit } });
  });
});

// clause 14
describe("a reference of a manifest in memory", () => {
  it("must exist if it is a config or layer: each missing one is named", async () => {
    const registry = createMemoryRegistry();
    const missing = app.blobs.map(({ descriptor }) => descriptor.digest);
    const call = registry.pushManifest("a", app.content, imageManifest, { tags: ["t"] });
    await expect(call).rejects.toMatchObject({ code: "MANIFEST_BLOB_UNKNOWN", detail: { missing } });
    await expect(registry.getManifest("a", app.descriptor.digest)).rejects.toMatchObject({
      code: "MANIFEST_UNKNOWN",
    });
  });

  it("may be missing if it is a layer with urls", async () => {
    const registry = await open();
    const elsewhere = { ...(await layer("far")).descriptor, urls: ["https://example.com/far"] };
    const { content } = await json({ ...valid, layers: [elsewhere] }, imageManifest);
    expect(await registry.pushManifest("a", content, imageManifest)).toMatchObject({
      mediaType: imageManifest,
    });
  });

  it("must exist if it is a layer with an empty list of urls", async () => {
    const registry = await open();
    const { content } = await json(
      { ...valid, layers: [{ ...(await layer("far")).descriptor, urls: [] }] },
      imageManifest,
    );
    await expect(registry.pushManifest("a", content, imageManifest)).rejects.toMatchObject({
      code: "MANIFEST_BLOB_UNKNOWN",
    });
  });

  it("may be missing if it is the subject", async () => {
    const registry = createMemoryRegistry();
    expect(await pushContent(registry, "a", artifact({ subject: app }))).toMatchObject({
      mediaType: imageManifest,
    });
  });

  it("must exist if it is a child of an index", async () => {
    const { content } = await index([app]);
    const call = createMemoryRegistry().pushManifest("a", content, imageIndex);
    await expect(call).rejects.toMatchObject({
      code: "MANIFEST_BLOB_UNKNOWN",
      detail: { missing: [app.descriptor.digest] },
    });
  });

  // clause 13
  it.each([
    ["size", { ...app.descriptor, size: app.descriptor.size + 1 }],
    ["known type", { ...app.descriptor, mediaType: dockerMediaTypes.manifest }],
    ["kind", { ...app.descriptor, mediaType: imageIndex }],
    ["type than it was pushed under", { ...app.descriptor, mediaType: "application/x-thing" }],
  ])("is rejected with MANIFEST_INVALID if it is a child of another %s", async (_name, claim) => {
    const registry = createMemoryRegistry();
    await pushContent(registry, "a", app);
    await expect(
      registry.pushManifest("a", (await index([claim])).content, imageIndex),
    ).rejects.toMatchObject({ code: "MANIFEST_INVALID" });
  });

  it("is rejected with MANIFEST_INVALID if it is a child that is not a manifest", async () => {
    const registry = await open();
    const { content } = await index([{ ...emptyDescriptor, mediaType: imageManifest }]);
    await expect(registry.pushManifest("a", content, imageIndex)).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
  });

  it("is rejected with MANIFEST_INVALID if it is a child whose own mediaType differs", async () => {
    const registry = createMemoryRegistry();
    for (const it of [...app.blobs, app]) await registry.pushBlob("a", it.descriptor, it.content);
    const { content } = await index([{ ...app.descriptor, mediaType: "application/x-thing" }]);
    await expect(registry.pushManifest("a", content, imageIndex)).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
  });

  it("may be missing with allowSparse, but not wrong", async () => {
    const registry = createMemoryRegistry({ allowSparse: true });
    expect(await registry.pushManifest("a", app.content, imageManifest)).toEqual(app.descriptor);
    expect(await registry.pushManifest("a", (await index([app, other])).content, imageIndex)).toMatchObject({
      mediaType: imageIndex,
    });
    const lying = await index([{ ...app.descriptor, size: 1 }]);
    await expect(registry.pushManifest("a", lying.content, imageIndex)).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
  });

  it("is not checked again if the repository has the manifest", async () => {
    const registry = createMemoryRegistry({ allowSparse: true });
    const one = await layer("one");
    const lying = await json({ ...valid, layers: [{ ...one.descriptor, size: 99 }] }, imageManifest);
    await registry.pushManifest("a", lying.content, imageManifest);
    await pushContent(registry, "a", one);
    expect(await registry.pushManifest("a", lying.content, imageManifest, { tags: ["t"] })).toEqual(
      lying.descriptor,
    );
  });
});

// clause 18
describe("a resolved manifest in memory", () => {
  it("has media type, digest and size, and no claims of its index", async () => {
    const registry = createMemoryRegistry();
    const list = await index([
      {
        ...app.descriptor,
        annotations: { a: "b" },
        artifactType: "text/x",
        platform: { architecture: "x", os: "y" },
      },
    ]);
    await pushContent(registry, "a", app);
    await pushContent(registry, "a", list, { tags: ["t"] });
    expect(await registry.resolveManifest("a", app.descriptor.digest)).toEqual(app.descriptor);
    expect((await registry.getManifest("a", app.descriptor.digest)).descriptor).toEqual(app.descriptor);
    expect(await registry.resolveTag("a", "t")).toEqual(list.descriptor);
    expect((await registry.getTag("a", "t")).descriptor).toEqual(list.descriptor);
  });

  it.each(["application/x-thing", dockerMediaTypes.manifest, imageIndex])(
    "is described by its bytes, whatever an index claimed before they were pushed: %s",
    async (mediaType) => {
      const registry = createMemoryRegistry({ allowSparse: true });
      await pushContent(registry, "a", index([{ ...app.descriptor, mediaType }]));
      await registry.pushBlob("a", app.descriptor, app.content);
      expect(await registry.resolveManifest("a", app.descriptor.digest)).toEqual(app.descriptor);
      expect(await registry.pushManifest("a", app.content, imageManifest)).toEqual(app.descriptor);
    },
  );
});

// clause 19
describe("a manifest in memory whose parts are missing", () => {
  it("is read and listed, and disturbs no other", async () => {
    const registry = createMemoryRegistry({ allowSparse: true });
    await registry.pushManifest("a", (await index([app])).content, imageIndex, { tags: ["sparse"] });
    await pushContent(registry, "a", other, { tags: ["whole"] });
    expect(await (await registry.getTag("a", "sparse")).json()).toMatchObject({
      manifests: [{ digest: app.descriptor.digest }],
    });
    await expect(registry.getManifest("a", app.descriptor.digest)).rejects.toMatchObject({
      code: "MANIFEST_UNKNOWN",
    });
    expect(await collect(registry.tags("a"))).toEqual(["sparse", "whole"]);
    expect(await collect(registry.referrers("a", app.descriptor.digest))).toEqual([]);
  });
});

// section 3
describe("a plain blob in memory", () => {
  it("is not a manifest", async () => {
    const registry = createMemoryRegistry();
    const notes = await blob("notes");
    await pushContent(registry, "a", notes);
    await expect(registry.getManifest("a", notes.descriptor.digest)).rejects.toMatchObject({
      code: "MANIFEST_UNKNOWN",
    });
  });
});

const THING_SHA512 =
  "sha512:e69655cc3365cf5073ec6db2de01d5d27f346ebdc44e9d95c19abf3402c8ee5517ec8a1ecbc12a09f7b0d7a977da5cd2bdd981b04e530ba68dc6657e4405c3c9";
