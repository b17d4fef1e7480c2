import { truncateSync, statSync } from "node:fs";

import { openLayout, type LayoutRegistry } from "@ocilayout/layout-core";
import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { RegistryError, type Registry } from "@ocilayout/oci-types";
import { blobPath, bytes, descriptorOf, freshLayout, rejection } from "@ocilayout/testing";
import { describe, expect, it, onTestFinished } from "vitest";

import { copy, sync, type Place } from "../../src/index.ts";
import { pushImage, pushIndex, repository } from "./content.ts";

const at = (registry: Registry, repo = repository, reference = "v1"): Place => ({
  registry,
  repository: repo,
  reference,
});
const layer = descriptorOf(bytes("layer of image"));

async function layout(): Promise<LayoutRegistry> {
  const opened = await openLayout(freshLayout(), { durability: "none" });
  onTestFinished(() => opened.close());
  return opened;
}

async function twoLayouts(): Promise<[LayoutRegistry, LayoutRegistry]> {
  const [source, target] = [await layout(), await layout()];
  await pushImage(source, "image", { tags: ["v1"] });
  return [source, target];
}

describe("without the option link", () => {
  it("a copied blob shares no file with its source", async () => {
    const [source, target] = await twoLayouts();
    const report = await copy(at(source), at(target), { link: false });
    expect(report.blobs).toMatchObject({ linked: 0, copied: 2 });
    const [from, to] = [source, target].map(
      ({ directory }) => statSync(blobPath(directory, layer.digest)).ino,
    );
    expect(from).not.toBe(to);
  });

  it("a corrupt blob of the source is not copied", async () => {
    const [source, target] = await twoLayouts();
    truncateSync(blobPath(source.directory, layer.digest), 3);
    expect(await rejection(copy(at(source), at(target), { link: false }))).toMatchObject({
      code: "CONTENT_CORRUPT",
    });
    await expect(target.resolveTag(repository, "v1")).rejects.toThrow();
  });

  it("a blob is not mounted within one registry", async () => {
    const registry = createMemoryRegistry();
    await pushImage(registry, "image", { tags: ["v1"] });
    const report = await copy(at(registry), at(registry, "b"), { link: false });
    expect(report.blobs).toMatchObject({ mounted: 0, copied: 2 });
  });
});

it("a blob that a layout has already counts as present, and not as linked", async () => {
  const [source, target] = await twoLayouts();
  await copy(at(source), at(target));
  const report = await copy(at(source), at(target), { check: "deep" });
  expect(report.blobs).toMatchObject({ present: 2, linked: 0 });
});

it("a missing blob is reported as missing in the source", async () => {
  const source = createMemoryRegistry({ allowSparse: true });
  await pushImage(source, "image", { tags: ["v1"] });
  const without: Registry = {
    ...source,
    getBlob: (repo, digest, options) =>
      source.getBlob(repo, digest.replace(layer.digest, descriptorOf(bytes("?")).digest), options),
  };
  expect(await rejection(copy(at(without), at(createMemoryRegistry())))).toMatchObject({
    code: "BLOB_UNKNOWN",
    message: `the source does not have blob ${layer.digest}`,
  });
});

it("sync reports the progress of each tag with its name", async () => {
  const [source, target] = await twoLayouts();
  const tags: Set<string> = new Set();
  await sync(
    { registry: source, repository },
    { registry: target, repository },
    { onProgress: ({ tag }) => tags.add(tag) },
  );
  expect([...tags]).toEqual(["v1"]);
});

it("sync rejects a function that returns a promise, which would select every tag", async () => {
  const [source, target] = await twoLayouts();
  const tags = (async () => false) as unknown as (tag: string) => boolean;
  expect(
    await rejection(sync({ registry: source, repository }, { registry: target, repository }, { tags })),
  ).toMatchObject({ name: "TypeError" });
});

it("a target that accepts no blob of that size does not make the source look corrupt", async () => {
  const source = createMemoryRegistry();
  await pushImage(source, "image", { tags: ["v1"] });
  const target: Registry = {
    ...createMemoryRegistry(),
    pushBlob: async () => Promise.reject(new RegistryError("SIZE_INVALID", "too large for this registry")),
  };
  expect(await rejection(copy(at(source), at(target)))).toMatchObject({
    code: "SIZE_INVALID",
    message: "too large for this registry",
  });
});

it("one of two targets that accepts no blob of that size does not make the source look corrupt", async () => {
  const source = createMemoryRegistry();
  await pushImage(source, "image", { tags: ["v1"] });
  const target: Registry = {
    ...createMemoryRegistry(),
    pushBlob: async () => Promise.reject(new RegistryError("SIZE_INVALID", "too large for this registry")),
  };
  expect(await rejection(copy(at(source), [at(createMemoryRegistry()), at(target)]))).toMatchObject({
    code: "SIZE_INVALID",
  });
});

it.each([true, false])("a truncated blob of the target is replaced (link: %s)", async (link) => {
  const [source, target] = await twoLayouts();
  await target.pushBlob(repository, layer, bytes("layer of image"));
  truncateSync(blobPath(target.directory, layer.digest), 3);
  await copy(at(source), at(target), { link });
  expect(await (await target.getBlob(repository, layer.digest)).text()).toBe("layer of image");
});

it("a layer is required if one of two images has no urls for it", async () => {
  const source = createMemoryRegistry({ allowSparse: true });
  const urls = ["https://example.com/layer"];
  const lost = descriptorOf(bytes("lost"));
  const images = [{ layers: [{ ...lost, urls }] }, { layers: [lost] }];
  for (const order of [images, [...images].reverse()]) {
    const pushed = [];
    for (const [i, more] of order.entries()) pushed.push(await pushImage(source, `image ${i}`, { more }));
    await pushIndex(source, pushed, { tags: ["v1"] });
    const target = createMemoryRegistry({ allowSparse: true });
    expect(await rejection(copy(at(source), at(target)))).toMatchObject({ code: "BLOB_UNKNOWN" });
  }
});

it("a rewritten index keeps neither data nor urls of a nested index that changed", async () => {
  const registry = createMemoryRegistry();
  const arm64 = { os: "linux", architecture: "arm64" };
  const inner = [await pushImage(registry, "one"), await pushImage(registry, "two", { platform: arm64 })];
  const nested = await pushIndex(registry, inner);
  await pushIndex(registry, [{ ...nested, data: "e30=", urls: ["https://example.com"] }], { tags: ["v1"] });
  const target = createMemoryRegistry();
  await copy(at(registry), at(target), { platforms: ["linux/arm64"] });
  const index = (await (await target.getTag(repository, "v1")).json()) as { manifests: object[] };
  expect(index.manifests.map((entry) => Object.keys(entry))).toEqual([["mediaType", "digest", "size"]]);
});
