import { collect, emptyDescriptor, ociMediaTypes } from "@ocilayout/oci-types";
import { bytes } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { artifact, emptyBlob, image, pushContent } from "../src/content/index.ts";
import { createMemoryRegistry, type MemoryRegistry } from "../src/memory/index.ts";

const { imageManifest } = ociMediaTypes;
const app = await image({ layers: ["one", "two"] });
const other = await image({ layers: ["other"] });
const fresh = await artifact();

/** A registry whose repository "a" has what `fresh` needs. */
async function open(): Promise<MemoryRegistry> {
  const registry = createMemoryRegistry();
  await pushContent(registry, "a", emptyBlob);
  return registry;
}

// clause 15
describe("tags in memory", () => {
  it("given together are all applied", async () => {
    const registry = createMemoryRegistry();
    await pushContent(registry, "a", app, { tags: ["t", "u", "t"] });
    expect(await collect(registry.tags("a"))).toEqual(["t", "u"]);
    for (const tag of ["t", "u"]) expect(await registry.resolveTag("a", tag)).toEqual(app.descriptor);
  });

  it("are not applied, and the manifest is not pushed, if one of them is invalid", async () => {
    const registry = await open();
    const call = registry.pushManifest("a", fresh.content, imageManifest, { tags: ["t", "no tag"] });
    await expect(call).rejects.toMatchObject({ code: "NAME_INVALID" });
    await expect(registry.resolveManifest("a", fresh.descriptor.digest)).rejects.toMatchObject({
      code: "MANIFEST_UNKNOWN",
    });
    expect(await collect(registry.tags("a"))).toEqual([]);
  });

  it("can be moved, and the old manifest stays reachable by digest", async () => {
    const registry = createMemoryRegistry();
    await pushContent(registry, "a", app, { tags: ["t"] });
    await pushContent(registry, "a", other, { tags: ["t"] });
    expect(await registry.resolveTag("a", "t")).toEqual(other.descriptor);
    expect(await registry.resolveManifest("a", app.descriptor.digest)).toEqual(app.descriptor);
  });

  it("are kept when the manifest is pushed again without any", async () => {
    const registry = createMemoryRegistry();
    await pushContent(registry, "a", app, { tags: ["t"] });
    await pushContent(registry, "a", app);
    expect(await collect(registry.tags("a"))).toEqual(["t"]);
  });

  it("belong to one repository", async () => {
    const registry = createMemoryRegistry();
    await pushContent(registry, "a", app, { tags: ["t"] });
    await pushContent(registry, "b", other, { tags: ["t"] });
    expect(await registry.resolveTag("a", "t")).toEqual(app.descriptor);
    await expect(registry.resolveManifest("b", app.descriptor.digest)).rejects.toMatchObject({
      code: "MANIFEST_UNKNOWN",
    });
  });
});

// clause 15
describe("a precondition in memory", () => {
  const current = app.descriptor.digest;
  it.each<[string, object]>([
    ["ifMatch the tag's digest", { tags: ["t"], ifMatch: current }],
    ["ifMatch any, of a tag that exists", { tags: ["t"], ifMatch: "*" }],
    ["ifNoneMatch, of a tag that does not exist", { tags: ["u"], ifNoneMatch: "*" }],
  ])("that holds allows the change: %s", async (_name, options) => {
    const registry = createMemoryRegistry();
    await pushContent(registry, "a", app, { tags: ["t"] });
    expect(await pushContent(registry, "a", other, options)).toEqual(other.descriptor);
  });

  it.each<[string, object]>([
    ["ifMatch another digest", { tags: ["t"], ifMatch: emptyDescriptor.digest }],
    ["ifMatch a digest, of a tag that does not exist", { tags: ["u"], ifMatch: current }],
    ["ifMatch any, of a tag that does not exist", { tags: ["u"], ifMatch: "*" }],
    ["ifNoneMatch, of a tag that exists", { tags: ["t"], ifNoneMatch: "*" }],
    ["ifNoneMatch, of several tags of which one exists", { tags: ["u", "t"], ifNoneMatch: "*" }],
  ])("that fails rejects with PRECONDITION_FAILED and changes nothing: %s", async (_name, options) => {
    const registry = await open();
    await pushContent(registry, "a", app, { tags: ["t"] });
    await expect(registry.pushManifest("a", fresh.content, imageManifest, options)).rejects.toMatchObject({
      code: "PRECONDITION_FAILED",
    });
    expect(await collect(registry.tags("a"))).toEqual(["t"]);
    expect(await registry.resolveTag("a", "t")).toEqual(app.descriptor);
    await expect(registry.resolveManifest("a", fresh.descriptor.digest)).rejects.toMatchObject({
      code: "MANIFEST_UNKNOWN",
    });
  });

  it.each<[string, object]>([
    ["without tags", { ifMatch: "*" }],
    ["with both forms", { tags: ["t"], ifMatch: "*", ifNoneMatch: "*" }],
    ["with a digest that must not match", { tags: ["t"], ifNoneMatch: current }],
  ])("%s is rejected with a TypeError", async (_name, options) => {
    await expect(createMemoryRegistry().pushManifest("a", bytes("x"), "text/plain", options)).rejects.toThrow(
      TypeError,
    );
  });

  // clause 5
  it("with an invalid digest is rejected with DIGEST_INVALID", async () => {
    const call = createMemoryRegistry().pushManifest("a", bytes("x"), "text/plain", {
      tags: ["t"],
      ifMatch: "",
    });
    await expect(call).rejects.toMatchObject({ code: "DIGEST_INVALID" });
  });

  it("is decided together with the change: of two concurrent pushes, one gets the tag", async () => {
    const registry = createMemoryRegistry();
    const push = (text: string): Promise<unknown> =>
      registry.pushManifest("a", bytes(text), "text/plain", { tags: ["t"], ifNoneMatch: "*" });
    const outcomes = await Promise.allSettled([push("one"), push("two")]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  });
});
