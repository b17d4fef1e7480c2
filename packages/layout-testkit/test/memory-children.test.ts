import { ociMediaTypes, type Descriptor } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import { blob, image, index, pushContent } from "../src/content/index.ts";
import { createMemoryRegistry } from "../src/memory/index.ts";

const { imageIndex } = ociMediaTypes;
const app = await image({ layers: ["one"] });
const arm = await image({ platform: { architecture: "arm64", os: "linux" } });
const list = await index([app, arm]);
const outer = await index([list]);

const digestOf = ({ descriptor }: { descriptor: Descriptor }): Descriptor["digest"] => descriptor.digest;
const unknown = { code: "MANIFEST_UNKNOWN" };

// clause 17
describe("the children of an index in memory", () => {
  it("are manifests of the repository, even if they were pushed as blobs", async () => {
    const registry = createMemoryRegistry();
    for (const it of [...app.blobs, ...arm.blobs, app, arm])
      await registry.pushBlob("a", it.descriptor, it.content);
    await expect(registry.getManifest("a", digestOf(app))).rejects.toMatchObject(unknown);
    await registry.pushManifest("a", list.content, imageIndex);
    for (const it of [app, arm])
      expect(await registry.resolveManifest("a", digestOf(it))).toEqual(it.descriptor);
  });

  it("make their own children manifests of the repository", async () => {
    const registry = createMemoryRegistry();
    for (const it of [...app.blobs, ...arm.blobs, app, arm, list])
      await registry.pushBlob("a", it.descriptor, it.content);
    await registry.pushManifest("a", outer.content, imageIndex);
    expect(await registry.resolveManifest("a", digestOf(app))).toEqual(app.descriptor);
  });

  it("are manifests of no other repository, even if blobs are shared", async () => {
    const registry = createMemoryRegistry({ repositoryScopedBlobs: false });
    await pushContent(registry, "a", list);
    await expect(registry.getManifest("b", digestOf(app))).rejects.toMatchObject(unknown);
  });

  it("get the type that the index states if they have none, and cannot get another later", async () => {
    const registry = createMemoryRegistry();
    const thing = await blob("thing", "application/x-thing");
    await pushContent(registry, "a", thing);
    await pushContent(registry, "a", index([thing.descriptor]));
    expect(await registry.resolveManifest("a", digestOf(thing))).toEqual(thing.descriptor);
    await expect(registry.pushManifest("a", thing.content, "application/x-other")).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
    const other = await index([{ ...thing.descriptor, mediaType: "application/x-other" }]);
    await expect(pushContent(registry, "a", other)).rejects.toMatchObject({ code: "MANIFEST_INVALID" });
  });

  it("become manifests when they arrive in a sparse repository", async () => {
    const registry = createMemoryRegistry({ allowSparse: true });
    await registry.pushManifest("a", list.content, imageIndex);
    await expect(registry.resolveManifest("a", digestOf(app))).rejects.toMatchObject(unknown);
    await registry.pushBlob("a", app.descriptor, app.content);
    expect(await registry.resolveManifest("a", digestOf(app))).toEqual(app.descriptor);
  });

  it.each([0, 1])("survive their index, level by level (%i)", async (depth) => {
    const registry = createMemoryRegistry();
    await pushContent(registry, "a", outer, { tags: ["t"] });
    for (const it of [outer, list].slice(0, depth + 1)) await registry.deleteManifest("a", digestOf(it));
    for (const it of [list, app, arm].slice(depth)) {
      expect(await (await registry.getManifest("a", digestOf(it))).bytes()).toEqual(it.content);
    }
    await expect(registry.getManifest("a", digestOf(outer))).rejects.toMatchObject(unknown);
  });

  it("can be deleted once their index is deleted", async () => {
    const registry = createMemoryRegistry();
    await pushContent(registry, "a", list);
    await registry.deleteManifest("a", digestOf(list));
    await registry.deleteManifest("a", digestOf(app));
    await expect(registry.getManifest("a", digestOf(app))).rejects.toMatchObject(unknown);
    expect(await registry.resolveManifest("a", digestOf(arm))).toEqual(arm.descriptor);
  });

  it("can be tagged as if they had been pushed", async () => {
    const registry = createMemoryRegistry();
    await pushContent(registry, "a", list);
    await registry.pushManifest("a", app.content, app.descriptor.mediaType, { tags: ["t"] });
    expect(await registry.resolveTag("a", "t")).toEqual(app.descriptor);
  });
});
