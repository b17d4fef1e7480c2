import { collect } from "@ocilayout/oci-types";
import { bytes, pushArtifact } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { tag } from "../../src/change/tag.ts";
import { openFresh, placeOf, pushImage, repository } from "./images.ts";

describe("tag", () => {
  it("points a tag at the manifest of another tag", async () => {
    const registry = await openFresh();
    const image = await pushImage(registry, "base", { tags: ["v1"] });
    expect(await tag(placeOf(registry, "v1"), "latest")).toEqual(image);
    expect(await registry.resolveTag(repository, "latest")).toEqual(image);
    expect(await registry.resolveTag(repository, "v1")).toEqual(image);
  });

  it("points several tags at the manifest of a digest", async () => {
    const registry = await openFresh();
    const image = await pushImage(registry);
    await tag(placeOf(registry, image.digest), ["v1", "v2"]);
    expect(await collect(registry.tags(repository))).toEqual(["v1", "v2"]);
  });

  it("accepts manifests of any media type", async () => {
    const registry = await openFresh();
    const thing = await registry.pushManifest(repository, bytes("thing"), "application/x-thing");
    await tag(placeOf(registry, thing.digest), "v1");
    expect(await registry.resolveTag(repository, "v1")).toEqual(thing);
  });

  it("moves a tag that exists", async () => {
    const registry = await openFresh();
    await pushArtifact(registry, repository, "old", ["v1"]);
    const image = await pushImage(registry);
    await tag(placeOf(registry, image.digest), "v1");
    expect(await registry.resolveTag(repository, "v1")).toEqual(image);
  });

  // clause 15
  it("sets no tag when one does not fulfil the precondition", async () => {
    const registry = await openFresh();
    const old = await pushArtifact(registry, repository, "old", ["v1"]);
    const at = placeOf(registry, (await pushImage(registry)).digest);
    for (const options of [{ ifNoneMatch: "*" }, { ifMatch: at.reference }] as const)
      await expect(tag(at, ["new", "v1"], options)).rejects.toMatchObject({ code: "PRECONDITION_FAILED" });
    expect(await collect(registry.tags(repository))).toEqual(["v1"]);
    expect(await registry.resolveTag(repository, "v1")).toEqual(old);
    await tag(at, ["v1"], { ifMatch: old.digest });
  });

  it("sets no tag when one is invalid", async () => {
    const registry = await openFresh();
    const image = await pushImage(registry, "base", { tags: ["v1"] });
    await expect(tag(placeOf(registry, image.digest), ["v2", "not a tag"])).rejects.toMatchObject({
      code: "NAME_INVALID",
    });
    expect(await collect(registry.tags(repository))).toEqual(["v1"]);
  });

  it("rejects a missing manifest with MANIFEST_UNKNOWN", async () => {
    const registry = await openFresh();
    await pushImage(registry);
    await expect(tag(placeOf(registry, "missing"), "v1")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
  });

  // clause 1
  it.each([[[]], [1], [[1]], [{}], [undefined]])("rejects the tags %j with a TypeError", async (tags) => {
    const registry = await openFresh();
    const image = await pushImage(registry);
    await expect(tag(placeOf(registry, image.digest), tags as never)).rejects.toThrow(TypeError);
  });

  // clause 2
  it("sets no tag when its signal is aborted", async () => {
    const registry = await openFresh();
    const image = await pushImage(registry);
    const signal = AbortSignal.abort("never");
    await expect(tag(placeOf(registry, image.digest), "v1", { signal })).rejects.toBe("never");
    expect(await collect(registry.tags(repository))).toEqual([]);
  });
});
