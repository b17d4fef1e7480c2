import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import {
  emptyDescriptor,
  ociMediaTypes,
  type Descriptor,
  type ImageIndex,
  type Platform,
  type Registry,
} from "@ocilayout/oci-types";
import { bytes, descriptorOf } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { copy, type CopyOptions, type CopyReport, type Place } from "../../src/index.ts";
import { bare, everythingOf, pushDocument, pushImage, pushIndex, repository } from "./content.ts";
import { watch, writes } from "./watch.ts";

const amd64: Platform = { os: "linux", architecture: "amd64" };
const arm64: Platform = { os: "linux", architecture: "arm64" };
const windows: Platform = { os: "windows", architecture: "amd64" };

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

/** Reads the index that the tag v1 points at. */
async function indexAt(registry: Registry, reference = "v1"): Promise<ImageIndex> {
  const reader = reference.includes(":")
    ? await registry.getManifest(repository, reference)
    : await registry.getTag(repository, reference);
  return (await reader.json()) as ImageIndex;
}

/** Pushes an attestation of an image, as BuildKit does. */
async function attest(registry: Registry, image: Descriptor): Promise<Descriptor> {
  const platform = { os: "unknown", architecture: "unknown" };
  return {
    ...(await pushImage(registry, `attestation of ${image.digest}`, { platform })),
    annotations: {
      "vnd.docker.reference.type": "attestation-manifest",
      "vnd.docker.reference.digest": image.digest,
    },
  };
}

const digestsOf = (index: ImageIndex): string[] => index.manifests.map(({ digest }) => digest);

describe("platforms of an index", () => {
  it("leave out the other images, and the index is rewritten", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const images = [
      await pushImage(source, "1", { platform: amd64 }),
      await pushImage(source, "2", { platform: arm64 }),
      await pushImage(source, "3", { platform: windows }),
    ] as const;
    const original = await pushIndex(source, images, { tags: ["v1"] });
    const report = await keep(source, target, ["linux/arm64", amd64]);
    expect(report).toMatchObject({ isRewritten: true, manifests: 3, tags: ["v1"] });
    expect(report.descriptor.digest).not.toBe(original.digest);
    expect(await target.resolveTag(repository, "v1")).toEqual(report.descriptor);
    expect(await indexAt(target)).toEqual({ ...(await indexAt(source)), manifests: images.slice(0, 2) });
    expect(Object.keys(await everythingOf(target, repository, "v1"))).toHaveLength(7);
    await expect(target.resolveManifest(repository, images[2].digest)).rejects.toMatchObject({
      code: "MANIFEST_UNKNOWN",
    });
  });

  it("keep the index as it is if they are all of its platforms", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const original = await pushIndex(source, [await pushImage(source, "1")], { tags: ["v1"] });
    expect(await keep(source, target, ["linux/amd64"])).toMatchObject({
      isRewritten: false,
      descriptor: { digest: original.digest },
    });
  });

  it("keep the attestations of the kept images only", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const [one, two] = [
      await pushImage(source, "1", { platform: amd64 }),
      await pushImage(source, "2", { platform: arm64 }),
    ];
    const attestations = [await attest(source, one), await attest(source, two)] as const;
    await pushIndex(source, [one, two, ...attestations], { tags: ["v1"] });
    await keep(source, target, ["linux/arm64"]);
    expect(digestsOf(await indexAt(target))).toEqual([two.digest, attestations[1].digest]);
  });

  it("leave out everything else, such as artifacts", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const image = await pushImage(source, "1");
    await source.pushBlob(repository, emptyDescriptor, bytes("{}"));
    const artifact = await pushDocument(source, { schemaVersion: 2, config: emptyDescriptor, layers: [] });
    const opaque = await pushDocument(source, { mediaType: "application/vnd.foo" });
    await pushIndex(source, [artifact, opaque, image], { tags: ["v1"] });
    await keep(source, target, ["linux/amd64"]);
    expect(digestsOf(await indexAt(target))).toEqual([image.digest]);
  });

  it("keep unknown members of the index and of its descriptors, in their order", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const [one, two] = [
      { ...(await pushImage(source, "1", { platform: amd64 })), "x-one": [1, { two: null }] },
      await pushImage(source, "2", { platform: arm64 }),
    ];
    const text = `{"x-first":{"__proto__":1},"schemaVersion":2,"__proto__":{"a":"é"},"manifests":${JSON.stringify([two, one])},"annotations":{"b":"c"},"x-last":[]}`;
    await source.pushManifest(repository, bytes(text), ociMediaTypes.imageIndex, { tags: ["v1"] });
    await keep(source, target, ["linux/amd64"]);
    const kept = text.replace(JSON.stringify([two, one]), JSON.stringify([one]));
    expect(await (await target.getTag(repository, "v1")).text()).toBe(kept);
  });

  it("choose the image that runs best on each platform", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const v6 = await pushImage(source, "1", {
      platform: { os: "linux", architecture: "arm", variant: "v6" },
    });
    const v7 = await pushImage(source, "2", {
      platform: { os: "linux", architecture: "arm", variant: "v7" },
    });
    await pushIndex(source, [v6, v7], { tags: ["v1"] });
    await keep(source, target, ["linux/arm/v8"]);
    expect(digestsOf(await indexAt(target))).toEqual([v7.digest]);
  });

  it("are read from the configs if the descriptors have no platforms", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const one = bare(await pushImage(source, "1", { platform: amd64 }));
    const two = bare(await pushImage(source, "2", { platform: arm64 }));
    await pushIndex(source, [one, two], { tags: ["v1"] });
    await keep(source, target, ["linux/arm64"]);
    expect(digestsOf(await indexAt(target))).toEqual([two.digest]);
  });

  it("rewrite nested indexes, and leave out those without such an image", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const [one, two, three] = [
      await pushImage(source, "1", { platform: amd64 }),
      await pushImage(source, "2", { platform: arm64 }),
      await pushImage(source, "3", { platform: windows }),
    ];
    const attestation = await attest(source, two);
    const mixed = { ...(await pushIndex(source, [one, two, attestation])), annotations: { kept: "yes" } };
    const other = await pushIndex(source, [three]);
    await pushIndex(source, [other, mixed], { tags: ["v1"] });
    const report = await keep(source, target, ["linux/arm64"]);
    expect(report).toMatchObject({ isRewritten: true, manifests: 4 });
    const [nested, ...rest] = (await indexAt(target)).manifests;
    expect(rest).toEqual([]);
    expect(nested).toMatchObject({ mediaType: mixed.mediaType, annotations: { kept: "yes" } });
    expect(digestsOf(await indexAt(target, nested?.digest))).toEqual([two.digest, attestation.digest]);
  });

  it("rewrite an index of which only a nested index changes", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const [one, two, three] = [
      await pushImage(source, "1", { platform: amd64 }),
      await pushImage(source, "2", { platform: arm64 }),
      await pushImage(source, "3", { platform: windows }),
    ];
    await pushIndex(source, [one, await pushIndex(source, [two, three])], { tags: ["v1"] });
    expect(await keep(source, target, ["linux/amd64", "linux/arm64"])).toMatchObject({ isRewritten: true });
    const [first = "", second = ""] = digestsOf(await indexAt(target));
    expect([first, digestsOf(await indexAt(target, second))]).toEqual([one.digest, [two.digest]]);
  });

  it("read no image that they leave out", async () => {
    const [source, target] = [watch(createMemoryRegistry()), createMemoryRegistry()];
    const images = [
      await pushImage(source.registry, "1", { platform: amd64 }),
      await pushImage(source.registry, "2", { platform: arm64 }),
    ] as const;
    await pushIndex(source.registry, images, { tags: ["v1"] });
    await keep(source.registry, target, ["linux/amd64"]);
    const reads = source.calls.filter(({ method }) => method === "getManifest").map(({ args }) => args[1]);
    expect(reads).not.toContain(images[1].digest);
  });

  it("keep a nested index as it is if nothing is left out of it", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const nested = await pushIndex(source, [await pushImage(source, "1", { platform: arm64 })]);
    await pushIndex(source, [await pushImage(source, "2", { platform: amd64 }), nested], { tags: ["v1"] });
    await keep(source, target, ["linux/arm64"]);
    expect((await indexAt(target)).manifests).toEqual([nested]);
  });

  it("enter a nested index that is listed twice once, and keep it twice", async () => {
    const [memory, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const images = [
      await pushImage(memory, "1", { platform: amd64 }),
      await pushImage(memory, "2", { platform: arm64 }),
    ];
    const nested = await pushIndex(memory, images);
    await pushIndex(memory, [nested, await pushIndex(memory, [nested])], { tags: ["v1"] });
    const source = watch(memory);
    await keep(source.registry, target, ["linux/arm64"]);
    const digests = digestsOf(await indexAt(target));
    expect(digestsOf(await indexAt(target, digests[1]))).toEqual([digests[0]]);
    const reads = source.calls.filter(
      ({ method, args }) => method === "getManifest" && args[1] === nested.digest,
    );
    // Once to choose the images, and once to rewrite the index.
    expect(reads).toHaveLength(2);
  });

  it("leave out a nested index that the source does not have", async () => {
    const [source, target] = [createMemoryRegistry({ allowSparse: true }), createMemoryRegistry()];
    const elsewhere = createMemoryRegistry();
    const missing = await pushIndex(elsewhere, [await pushImage(elsewhere, "1")]);
    const image = await pushImage(source, "2");
    await pushIndex(source, [missing, image], { tags: ["v1"] });
    await keep(source, target, ["linux/amd64"]);
    expect(digestsOf(await indexAt(target))).toEqual([image.digest]);
  });

  it("fail with MANIFEST_UNKNOWN if one of them has no image, and nothing is written", async () => {
    const [source, target] = [createMemoryRegistry(), watch(createMemoryRegistry())];
    const nested = await pushIndex(source, [await pushImage(source, "1", { platform: arm64 })]);
    await pushIndex(source, [nested, await pushImage(source, "2")], { tags: ["v1"] });
    await expect(keep(source, target.registry, ["linux/amd64", "linux/s390x"])).rejects.toMatchObject({
      code: "MANIFEST_UNKNOWN",
      message: expect.stringMatching(/linux\/s390x/) as string,
      detail: { platforms: expect.arrayContaining(["linux/arm64", "linux/amd64"]) as string[] },
    });
    expect(target.count(...writes)).toBe(0);
  });

  it("copy nothing the second time", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const images = [await pushImage(source, "1"), await pushImage(source, "2", { platform: arm64 })];
    await pushIndex(source, images, { tags: ["v1"] });
    const { descriptor } = await keep(source, target, ["linux/amd64"]);
    const watched = watch(target);
    expect(await keep(source, watched.registry, ["linux/amd64"])).toMatchObject({
      descriptor,
      isRewritten: true,
      tags: [],
      manifests: 0,
    });
    expect(watched.methods()).toEqual(["resolveTag"]);
  });

  it("can be copied to the digest that the rewritten index has", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const images = [await pushImage(source, "1"), await pushImage(source, "2", { platform: arm64 })];
    const original = await pushIndex(source, images, { tags: ["v1"] });
    const { descriptor } = await keep(source, target, ["linux/amd64"], { dryRun: true });
    const options = { platforms: ["linux/amd64"] };
    await copy(at(source), at(target, descriptor.digest), options);
    expect(digestsOf(await indexAt(target, descriptor.digest))).toEqual([images[0]?.digest]);
    await expect(copy(at(source), at(target, original.digest), options)).rejects.toMatchObject({
      code: "DIGEST_INVALID",
    });
  });
});

describe("platforms of a manifest that is not an index", () => {
  it("copy an image that runs on all of them", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    await pushImage(source, "1", {
      platform: { os: "linux", architecture: "arm", variant: "v6" },
      tags: ["v1"],
    });
    const report = await keep(source, target, ["linux/arm/v6", "linux/arm64"]);
    expect(report).toMatchObject({ isRewritten: false, manifests: 1 });
  });

  it("fail with MANIFEST_UNKNOWN if it does not run on one of them", async () => {
    const [source, target] = [createMemoryRegistry(), watch(createMemoryRegistry())];
    await pushImage(source, "1", { tags: ["v1"] });
    await expect(keep(source, target.registry, ["linux/amd64", "linux/arm64"])).rejects.toMatchObject({
      code: "MANIFEST_UNKNOWN",
      detail: { platforms: ["linux/amd64"] },
    });
    expect(target.count(...writes)).toBe(0);
  });

  it("copy an image whose config has an empty platform, such as a signature of cosign", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    await pushImage(source, "1", { platform: { os: "", architecture: "" }, tags: ["v1"] });
    expect(await keep(source, target, ["linux/amd64"])).toMatchObject({ manifests: 1 });
  });

  it("copy an artifact, whatever its config is", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const config = descriptorOf(bytes("[]"), "application/vnd.example.config");
    await source.pushBlob(repository, config, bytes("[]"));
    await pushDocument(source, { schemaVersion: 2, config, layers: [] }, ["v1"]);
    expect(await keep(source, target, ["linux/amd64"])).toMatchObject({ manifests: 1 });
  });

  it("copy a manifest of an unknown media type", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    await pushDocument(source, { mediaType: "application/vnd.foo" }, ["v1"]);
    expect(await keep(source, target, ["linux/amd64"])).toMatchObject({ manifests: 1 });
  });
});
