import { rmSync, truncateSync } from "node:fs";

import {
  collect,
  emptyDescriptor,
  ociMediaTypes,
  type Descriptor,
  type Platform,
} from "@ocilayout/oci-types";
import {
  artifact,
  blobPath,
  bytes,
  descriptorOf,
  freshLayout,
  imageIndex,
  pushArtifact,
} from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { readImageConfig, resolvePlatform, walkManifest, type WalkStep } from "../src/index.ts";
import { openLayout, type LayoutRegistry } from "@ocilayout/layout-core";

const { imageManifest, imageIndex: indexType, imageConfig } = ociMediaTypes;

async function pushIndex(registry: LayoutRegistry, ...children: readonly Descriptor[]): Promise<Descriptor> {
  return registry.pushManifest("a", imageIndex(...children), indexType);
}

/** Pushes an image with one layer, for `platform`. */
async function pushImage(
  registry: LayoutRegistry,
  platform: Platform,
  more: object = {},
): Promise<Descriptor> {
  const layer = bytes(`layer of ${platform.os}/${platform.architecture}`);
  const config = bytes(
    JSON.stringify({
      ...platform,
      rootfs: { type: "layers", diff_ids: [descriptorOf(layer).digest] },
      ...more,
    }),
  );
  await registry.pushBlob("a", descriptorOf(layer), layer);
  await registry.pushBlob("a", descriptorOf(config), config);
  const manifest = artifact("image", {
    artifactType: undefined,
    config: descriptorOf(config, imageConfig),
    layers: [descriptorOf(layer)],
  });
  return registry.pushManifest("a", manifest, imageManifest);
}

const amd64 = { os: "linux", architecture: "amd64" };
const arm64 = { os: "linux", architecture: "arm64" };

async function walk(registry: LayoutRegistry, { digest }: Descriptor): Promise<WalkStep[]> {
  return collect(walkManifest(registry, "a", digest));
}

describe("walkManifest", () => {
  it("yields an index before its manifests, and a manifest before its config and layers, in the documents' order", async () => {
    await using registry = await openLayout(freshLayout());
    const [one, two] = [await pushImage(registry, amd64), await pushImage(registry, arm64)];
    const list = await pushIndex(registry, two, one);
    const steps = await walk(registry, list);
    expect(steps.map(({ depth, role, state, parent }) => [depth, role, state, parent])).toEqual([
      [0, "index", "read", undefined],
      [1, "image", "read", list.digest],
      [2, "config", "listed", two.digest],
      [2, "layer", "listed", two.digest],
      [1, "image", "read", list.digest],
      [2, "config", "listed", one.digest],
      [2, "layer", "listed", one.digest],
    ]);
    expect(steps[0]?.descriptor).toEqual(list);
    expect(steps[1]?.manifest).toMatchObject({ kind: "image" });
  });

  it("enters each manifest once and yields each reference to it, so a diamond of 30 levels is linear", async () => {
    await using registry = await openLayout(freshLayout(), { durability: "none" });
    let top = await pushArtifact(registry, "a", "bottom");
    for (let i = 0; i < 30; i += 1)
      top = await pushIndex(
        registry,
        { ...top, annotations: { i: "1" } },
        { ...top, annotations: { i: "2" } },
      );
    const steps = await walk(registry, top);
    expect(steps.filter(({ state }) => state === "read")).toHaveLength(31);
    expect(steps.filter(({ state }) => state === "repeated")).toHaveLength(30);
    expect(steps).toHaveLength(62);
  });

  it("has no limit of its own on depth", async () => {
    await using registry = await openLayout(freshLayout(), { durability: "none" });
    let top = await pushArtifact(registry, "a", "bottom");
    for (let i = 0; i < 150; i += 1) top = await pushIndex(registry, top);
    expect((await walk(registry, top)).at(-1)).toMatchObject({ depth: 151, role: "config" });
  });

  it("reports missing and damaged parts, and continues", async () => {
    await using registry = await openLayout(freshLayout());
    const names = ["one", "two", "three"];
    const [one, two, three] = await Promise.all(names.map((name) => pushArtifact(registry, "a", name)));
    if (one === undefined || two === undefined || three === undefined) throw new Error("three were pushed");
    const list = await pushIndex(registry, one, two, three);
    rmSync(blobPath(registry.directory, one.digest));
    truncateSync(blobPath(registry.directory, two.digest), 3);
    await using other = await openLayout(registry.directory);
    const steps = (await walk(other, list)).filter(({ depth }) => depth === 1);
    expect(steps.map(({ state, error }) => [state, error?.code])).toEqual([
      ["missing", "MANIFEST_UNKNOWN"],
      ["damaged", "CONTENT_CORRUPT"],
      ["read", undefined],
    ]);
  });

  it("rejects when the root is missing or over the size limit", async () => {
    await using registry = await openLayout(freshLayout());
    const one = await pushArtifact(registry, "a", "one");
    await expect(collect(walkManifest(registry, "a", descriptorOf(bytes("x")).digest))).rejects.toMatchObject(
      { code: "MANIFEST_UNKNOWN" },
    );
    await expect(
      collect(walkManifest(registry, "a", one.digest, { maxManifestBytes: 10 })),
    ).rejects.toMatchObject({ code: "SIZE_INVALID" });
  });

  it("yields an index's children of unknown media types without entering them", async () => {
    await using registry = await openLayout(freshLayout());
    const thing = await registry.pushManifest("a", bytes("thing"), "application/x-thing");
    expect((await walk(registry, await pushIndex(registry, thing))).at(-1)).toMatchObject({
      role: "other",
      state: "listed",
      descriptor: thing,
    });
  });

  // clause 2
  it("ends when its signal aborts, and reads nothing before the first next()", async () => {
    await using registry = await openLayout(freshLayout());
    const list = await pushIndex(registry, await pushArtifact(registry, "a", "one"));
    const controller = new AbortController();
    const steps = walkManifest(registry, "a", list.digest, { signal: controller.signal });
    await steps.next();
    controller.abort("enough");
    await expect(steps.next()).rejects.toBe("enough");
  });
});

describe("readImageConfig", () => {
  it("verifies and returns the config, unknown members included", async () => {
    await using registry = await openLayout(freshLayout());
    const image = await pushImage(
      registry,
      { ...arm64, variant: "v8" },
      { config: { Cmd: ["sh"] }, future: 1 },
    );
    const [step] = await walk(registry, image);
    if (step?.manifest?.kind !== "image") throw new Error("an image was pushed");
    expect(await readImageConfig(registry, "a", step.manifest.manifest)).toMatchObject({
      ...arm64,
      variant: "v8",
      config: { Cmd: ["sh"] },
      future: 1,
    });
  });

  it.each([
    ["{}"],
    ["[]"],
    ["null"],
    ["no JSON"],
    ['{"os":"linux","architecture":"amd64"}'],
    ['{"os":"linux","architecture":"amd64","rootfs":{"diff_ids":[1]}}'],
  ])("rejects %s with MANIFEST_INVALID", async (text) => {
    await using registry = await openLayout(freshLayout());
    const config = descriptorOf(bytes(text), imageConfig);
    await registry.pushBlob("a", config, bytes(text));
    const manifest = { schemaVersion: 2 as const, config, layers: [] };
    await expect(readImageConfig(registry, "a", manifest)).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
  });

  it("rejects a missing config with BLOB_UNKNOWN", async () => {
    await using registry = await openLayout(freshLayout());
    const manifest = { schemaVersion: 2 as const, config: emptyDescriptor, layers: [] };
    await expect(readImageConfig(registry, "a", manifest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
  });
});

describe("resolvePlatform", () => {
  it("chooses by the descriptors, else by the configs, through nested indexes", async () => {
    await using registry = await openLayout(freshLayout());
    const [one, two] = [await pushImage(registry, amd64), await pushImage(registry, arm64)];
    const said = await pushIndex(registry, { ...one, platform: amd64 }, { ...two, platform: arm64 });
    const silent = await pushIndex(registry, one, two);
    const nested = await pushIndex(registry, silent);
    for (const { digest } of [said, silent, nested]) {
      expect(await resolvePlatform(registry, "a", digest, arm64)).toEqual(two);
      expect(await resolvePlatform(registry, "a", digest, amd64)).toEqual(one);
      await expect(
        resolvePlatform(registry, "a", digest, { os: "plan9", architecture: "amd64" }),
      ).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
    }
  });

  it("returns a manifest itself when it is given one", async () => {
    await using registry = await openLayout(freshLayout());
    const one = await pushArtifact(registry, "a", "one");
    expect(await resolvePlatform(registry, "a", one.digest, arm64)).toEqual(one);
  });

  it("skips missing manifests", async () => {
    await using registry = await openLayout(freshLayout());
    const [one, two] = [await pushArtifact(registry, "a", "one"), await pushImage(registry, arm64)];
    const list = await pushIndex(registry, one, two);
    rmSync(blobPath(registry.directory, one.digest));
    expect(await resolvePlatform(registry, "a", list.digest, arm64)).toEqual(two);
  });
});
