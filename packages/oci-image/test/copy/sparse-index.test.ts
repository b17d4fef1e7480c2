import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import type { Platform, Registry } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import { copy, type CopyOptions, type CopyReport, type Place } from "../../src/index.ts";
import { everythingOf, pushImage, pushIndex, repository } from "./content.ts";
import { watch } from "./watch.ts";

const arm64: Platform = { os: "linux", architecture: "arm64" };

const at = (registry: Registry, reference = "v1"): Place => ({ registry, repository, reference });

/** Copies the tag v1 with some platforms only. */
async function keep(
  source: Registry,
  target: Registry,
  platforms: CopyOptions["platforms"],
  options: CopyOptions = {},
): Promise<CopyReport> {
  return copy(at(source), at(target), { platforms, ...options });
}

describe('platforms with index: "keep"', () => {
  const sparse = (): Registry => createMemoryRegistry({ allowSparse: true });

  it("push the same index, and only the kept images", async () => {
    const [source, target] = [createMemoryRegistry(), sparse()];
    const [one, two] = [await pushImage(source, "1"), await pushImage(source, "2", { platform: arm64 })];
    const nested = await pushIndex(source, [two]);
    const original = await pushIndex(source, [one, nested], { tags: ["v1"] });
    const report = await keep(source, target, ["linux/amd64"], { index: "keep" });
    expect(report).toMatchObject({ isRewritten: false, manifests: 2, blobs: { copied: 2 } });
    expect((await target.resolveTag(repository, "v1")).digest).toBe(original.digest);
    expect(await everythingOf(target, repository, one.digest)).toEqual(
      await everythingOf(source, repository, one.digest),
    );
    for (const left of [two, nested])
      await expect(target.resolveManifest(repository, left.digest)).rejects.toThrow();
  });

  it("add another platform to an index that the target has already", async () => {
    const [source, target] = [createMemoryRegistry(), sparse()];
    const [one, two] = [await pushImage(source, "1"), await pushImage(source, "2", { platform: arm64 })];
    await pushIndex(source, [await pushIndex(source, [one, two])], { tags: ["v1"] });
    await keep(source, target, ["linux/amd64"], { index: "keep" });
    const report = await keep(source, target, ["linux/arm64"], { index: "keep" });
    expect(report).toMatchObject({ manifests: 1, blobs: { copied: 2 }, tags: [] });
    expect(await everythingOf(target, repository, "v1")).toEqual(
      await everythingOf(source, repository, "v1"),
    );
  });

  it("trust a target that has a kept image to have everything below it", async () => {
    const [source, target] = [createMemoryRegistry(), sparse()];
    const images = [await pushImage(source, "1"), await pushImage(source, "2", { platform: arm64 })];
    await pushIndex(source, images, { tags: ["v1"] });
    await keep(source, target, ["linux/amd64"], { index: "keep" });
    const watched = watch(target);
    await keep(source, watched.registry, ["linux/amd64"], { index: "keep" });
    expect(watched.methods()).toEqual(["resolveTag", "resolveManifest"]);
  });

  it("make no difference without platforms", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    await pushIndex(source, [await pushImage(source, "1")], { tags: ["v1"] });
    await copy(at(source), at(target));
    const watched = watch(target);
    await copy(at(source), at(watched.registry, "v2"), { index: "keep" });
    expect(watched.methods()).toEqual(["resolveTag", "resolveManifest", "pushManifest"]);
  });

  it("fail with MANIFEST_BLOB_UNKNOWN if the target does not accept an index with missing manifests", async () => {
    const [source, target] = [createMemoryRegistry(), watch(createMemoryRegistry())];
    const images = [await pushImage(source, "1"), await pushImage(source, "2", { platform: arm64 })];
    await pushIndex(source, images, { tags: ["v1"] });
    await expect(keep(source, target.registry, ["linux/amd64"], { index: "keep" })).rejects.toMatchObject({
      code: "MANIFEST_BLOB_UNKNOWN",
    });
    // The image and the index. Nothing that is missing can be pushed, so the push is not repeated.
    expect(target.count("pushManifest")).toBe(2);
    await expect(target.registry.resolveTag(repository, "v1")).rejects.toMatchObject({
      code: "MANIFEST_UNKNOWN",
    });
  });
});
