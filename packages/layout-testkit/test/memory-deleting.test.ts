import { collect, emptyDescriptor, ociMediaTypes, type Descriptor } from "@ocilayout/oci-types";
import { bytes } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import {
  artifact,
  image,
  index,
  json,
  layer,
  pushContent,
  type ManifestContent,
} from "../src/content/index.ts";
import { createMemoryRegistry } from "../src/memory/index.ts";

const { imageIndex, imageManifest } = ociMediaTypes;
const one = await layer("one");
const app = await image({ layers: [one] });
const arm = await image({ platform: { architecture: "arm64", os: "linux" } });
const list = await index([app, arm]);
const outer = await index([list]);

const digestOf = ({ descriptor }: { descriptor: Descriptor }): Descriptor["digest"] => descriptor.digest;
const unknown = { code: "MANIFEST_UNKNOWN" };

// clause 16
describe("deleteTag in memory", () => {
  it("removes the tag only: its manifest stays reachable by digest", async () => {
    const registry = createMemoryRegistry();
    await pushContent(registry, "a", app, { tags: ["t", "u"] });
    await registry.deleteTag("a", "t");
    await expect(registry.resolveTag("a", "t")).rejects.toMatchObject(unknown);
    expect(await collect(registry.tags("a"))).toEqual(["u"]);
    expect(await registry.resolveManifest("a", digestOf(app))).toEqual(app.descriptor);
  });

  // clause 15
  it.each<[string, object]>([
    ["ifMatch another digest", { ifMatch: digestOf(arm) }],
    ["ifNoneMatch", { ifNoneMatch: "*" }],
  ])("fails with PRECONDITION_FAILED for %s, and changes nothing", async (_name, options) => {
    const registry = createMemoryRegistry();
    await pushContent(registry, "a", app, { tags: ["t"] });
    await expect(registry.deleteTag("a", "t", options)).rejects.toMatchObject({
      code: "PRECONDITION_FAILED",
    });
    expect(await registry.resolveTag("a", "t")).toEqual(app.descriptor);
  });

  // clause 15
  it.each([digestOf(app), "*"])("succeeds if the precondition holds: %s", async (ifMatch) => {
    const registry = createMemoryRegistry();
    await pushContent(registry, "a", app, { tags: ["t"] });
    await registry.deleteTag("a", "t", { ifMatch });
    expect(await collect(registry.tags("a"))).toEqual([]);
  });
});

// clause 16
describe("deleteManifest in memory", () => {
  it("removes the manifest and all its tags, and nothing else", async () => {
    const registry = createMemoryRegistry();
    await pushContent(registry, "a", app, { tags: ["t", "u"] });
    await pushContent(registry, "a", arm, { tags: ["v"] });
    await registry.deleteManifest("a", digestOf(app));
    for (const tag of ["t", "u"]) await expect(registry.getTag("a", tag)).rejects.toMatchObject(unknown);
    expect(await collect(registry.tags("a"))).toEqual(["v"]);
    await expect(registry.getManifest("a", digestOf(app))).rejects.toMatchObject(unknown);
    await expect(registry.deleteManifest("a", digestOf(app))).rejects.toMatchObject(unknown);
  });

  it("leaves the manifest's bytes as a blob", async () => {
    const registry = createMemoryRegistry();
    await pushContent(registry, "a", app);
    await registry.deleteManifest("a", digestOf(app));
    expect(await (await registry.getBlob("a", digestOf(app))).bytes()).toEqual(app.content);
    await registry.deleteBlob("a", digestOf(app));
    await expect(registry.getBlob("a", digestOf(app))).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
  });

  it("leaves the manifests of other repositories", async () => {
    const registry = createMemoryRegistry({ repositoryScopedBlobs: false });
    for (const repo of ["a", "b"]) await pushContent(registry, repo, app, { tags: ["t"] });
    await registry.deleteManifest("a", digestOf(app));
    expect(await registry.resolveTag("b", "t")).toEqual(app.descriptor);
  });

  it("rejects a child of an index with DENIED, and names the indexes that list it directly", async () => {
    const registry = createMemoryRegistry();
    const second = await index([app]);
    for (const it of [outer, second]) await pushContent(registry, "a", it);
    const referencedBy = [digestOf(list), digestOf(second)].sort();
    await expect(registry.deleteManifest("a", digestOf(app))).rejects.toMatchObject({
      code: "DENIED",
      detail: { reason: "REFERENCED", referencedBy },
    });
    expect(await registry.resolveManifest("a", digestOf(app))).toEqual(app.descriptor);
  });

  it("ignores the indexes of other repositories", async () => {
    const registry = createMemoryRegistry({ repositoryScopedBlobs: false });
    await pushContent(registry, "a", list);
    await pushContent(registry, "b", app);
    await registry.deleteManifest("b", digestOf(app));
    await expect(registry.getManifest("b", digestOf(app))).rejects.toMatchObject(unknown);
  });

  it("deletes a subject even if it has referrers", async () => {
    const registry = createMemoryRegistry();
    await pushContent(registry, "a", app);
    await pushContent(registry, "a", artifact({ subject: app }));
    await registry.deleteManifest("a", digestOf(app));
    await expect(registry.getManifest("a", digestOf(app))).rejects.toMatchObject(unknown);
    expect(await collect(registry.referrers("a", digestOf(app)))).toHaveLength(1);
  });
});

// clause 16
describe("deleteBlob in memory", () => {
  it("removes an unreferenced blob", async () => {
    const registry = createMemoryRegistry();
    await pushContent(registry, "a", one);
    await registry.deleteBlob("a", digestOf(one));
    await expect(registry.resolveBlob("a", digestOf(one))).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
    await expect(registry.deleteBlob("a", digestOf(one))).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
  });

  it.each<[string, ManifestContent, Descriptor, string[]]>([
    ["a layer", app, one.descriptor, [digestOf(app)]],
    ["a config", app, app.blobs[0]?.descriptor ?? emptyDescriptor, [digestOf(app)]],
    ["a manifest", app, app.descriptor, []],
    ["a child", list, app.descriptor, []],
    ["a layer of a child", outer, one.descriptor, [digestOf(app)]],
  ])(
    "rejects %s with DENIED, and names what references it",
    async (_name, item, { digest }, referencedBy) => {
      const registry = createMemoryRegistry();
      await pushContent(registry, "a", item);
      await expect(registry.deleteBlob("a", digest)).rejects.toMatchObject({
        code: "DENIED",
        detail: { reason: "REFERENCED", referencedBy },
      });
      expect(await registry.resolveBlob("a", digest)).toMatchObject({ digest });
    },
  );

  it("rejects a child that is not a manifest with DENIED", async () => {
    const registry = createMemoryRegistry({ allowSparse: true });
    const lying = await index([{ ...one.descriptor, mediaType: imageManifest }]);
    await registry.pushManifest("a", lying.content, imageIndex);
    await pushContent(registry, "a", one);
    await expect(registry.getManifest("a", digestOf(one))).rejects.toMatchObject(unknown);
    const detail = { referencedBy: [digestOf(lying)] };
    await expect(registry.deleteBlob("a", digestOf(one))).rejects.toMatchObject({ code: "DENIED", detail });
  });

  it("removes a layer after its manifest was deleted", async () => {
    const registry = createMemoryRegistry();
    await pushContent(registry, "a", app);
    await registry.deleteManifest("a", digestOf(app));
    await registry.deleteBlob("a", digestOf(one));
    await expect(registry.resolveBlob("a", digestOf(one))).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
  });

  it("removes a subject that is not a manifest, because a subject is not a part", async () => {
    const registry = createMemoryRegistry();
    await pushContent(registry, "a", one);
    await pushContent(registry, "a", artifact({ subject: one }));
    await registry.deleteBlob("a", digestOf(one));
    await expect(registry.resolveBlob("a", digestOf(one))).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
  });

  it.each([true, false])(
    "considers the manifests that share the blob (repositoryScopedBlobs: %s)",
    async (repositoryScopedBlobs) => {
      const registry = createMemoryRegistry({ repositoryScopedBlobs });
      await pushContent(registry, "a", app);
      await pushContent(registry, "b", one);
      const call = registry.deleteBlob("b", digestOf(one));
      if (repositoryScopedBlobs) await call;
      else
        await expect(call).rejects.toMatchObject({
          code: "DENIED",
          detail: { reason: "REFERENCED", referencedBy: [digestOf(app)] },
        });
      expect(await registry.resolveBlob("a", digestOf(one))).toMatchObject({ digest: digestOf(one) });
    },
  );

  it.each<[string, unknown]>([
    ["a descriptor", one.descriptor],
    ["any object with a digest", { deep: [{ digest: digestOf(one) }] }],
  ])("rejects with DENIED if a manifest of an unknown type has %s of the blob", async (_name, part) => {
    const registry = createMemoryRegistry();
    await pushContent(registry, "a", one);
    const { content } = await json({ parts: part }, "application/x-thing");
    const { digest } = await registry.pushManifest("a", content, "application/x-thing");
    await expect(registry.deleteBlob("a", digestOf(one))).rejects.toMatchObject({
      code: "DENIED",
      detail: { reason: "REFERENCED", referencedBy: [digest] },
    });
  });

  it("rejects with DENIED however deep a manifest of an unknown type references the blob", async () => {
    const registry = createMemoryRegistry();
    await pushContent(registry, "a", one);
    const deep = `${"[".repeat(100_000)}${JSON.stringify(one.descriptor)}${"]".repeat(100_000)}`;
    await registry.pushManifest("a", bytes(deep), "application/x-thing");
    await expect(registry.deleteBlob("a", digestOf(one))).rejects.toMatchObject({ code: "DENIED" });
  });

  it.each<[string, string]>([
    ["is not JSON", digestOf(one)],
    ["has its digest in another place", JSON.stringify([digestOf(one), { name: digestOf(one) }])],
  ])("removes the blob if a manifest of an unknown type %s", async (_name, text) => {
    const registry = createMemoryRegistry();
    await pushContent(registry, "a", one);
    await registry.pushManifest("a", bytes(text), "application/x-thing");
    await registry.deleteBlob("a", digestOf(one));
    await expect(registry.resolveBlob("a", digestOf(one))).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
  });
});
