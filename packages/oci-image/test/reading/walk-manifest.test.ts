import { rmSync, truncateSync } from "node:fs";

import { openLayout } from "@ocilayout/layout-core";
import { collect, type Descriptor, type RegistryReader } from "@ocilayout/oci-types";
import { blobPath, bytes, descriptorOf, freshLayout, pushArtifact } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { walkManifest, type WalkOptions, type WalkStep } from "../../src/index.ts";
import { pushImage, pushIndex } from "../images.ts";

const amd64 = { os: "linux", architecture: "amd64" };
const arm64 = { os: "linux", architecture: "arm64" };

async function walk(
  registry: RegistryReader,
  { digest }: Pick<Descriptor, "digest">,
  options: WalkOptions = {},
): Promise<WalkStep[]> {
  return collect(walkManifest({ registry, repository: "a", reference: digest }, options));
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

  it("yields with children-first the config and layers before their manifest, and the manifests before their index", async () => {
    await using registry = await openLayout(freshLayout());
    const [one, two] = [await pushImage(registry, amd64), await pushImage(registry, arm64)];
    const list = await pushIndex(registry, two, one);
    const steps = await walk(registry, list, { order: "children-first" });
    expect(steps.map(({ depth, role, state, parent }) => [depth, role, state, parent])).toEqual([
      [2, "config", "listed", two.digest],
      [2, "layer", "listed", two.digest],
      [1, "image", "read", list.digest],
      [2, "config", "listed", one.digest],
      [2, "layer", "listed", one.digest],
      [1, "image", "read", list.digest],
      [0, "index", "read", undefined],
    ]);
    expect(steps.at(-1)).toMatchObject({ descriptor: list, manifest: { kind: "index" } });
  });

  it("walks from a tag, and has the digest of its manifest", async () => {
    await using registry = await openLayout(freshLayout());
    const one = await pushArtifact(registry, "a", "one", ["v1"]);
    const steps = await collect(walkManifest({ registry, repository: "a", reference: "v1" }));
    expect(steps[0]?.descriptor).toEqual(one);
    expect(steps[1]?.parent).toBe(one.digest);
  });

  it("yields a root of an unknown media type as one step", async () => {
    await using registry = await openLayout(freshLayout());
    const thing = await registry.pushManifest("a", bytes("thing"), "application/x-thing");
    for (const order of ["parents-first", "children-first"] as const)
      expect(await walk(registry, thing, { order })).toEqual([
        {
          descriptor: thing,
          role: "other",
          depth: 0,
          state: "read",
          manifest: { kind: "opaque", descriptor: thing, bytes: bytes("thing") },
        },
      ]);
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
    await expect(walk(registry, descriptorOf(bytes("x")))).rejects.toMatchObject({
      code: "MANIFEST_UNKNOWN",
    });
    await expect(walk(registry, one, { maxManifestBytes: 10 })).rejects.toMatchObject({
      code: "SIZE_INVALID",
    });
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
    const steps = walkManifest(
      { registry, repository: "a", reference: list.digest },
      { signal: controller.signal },
    );
    await steps.next();
    controller.abort("enough");
    await expect(steps.next()).rejects.toBe("enough");
  });
});
