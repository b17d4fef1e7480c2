import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import {
  collect,
  computeDigest,
  ociMediaTypes,
  RegistryError,
  type Descriptor,
  type Registry,
} from "@ocilayout/oci-types";
import { bytes } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { copy, type CopyReport, type Place } from "../../src/index.ts";
import { bare, everythingOf, manifestAt, pushImage, pushIndex, pushReferrer, repository } from "./content.ts";
import { watch } from "./watch.ts";

const at = (registry: Registry, reference = "v1"): Place => ({ registry, repository, reference });

/** Copies the tag v1 with its referrers. */
const copyAll = (source: Registry, target: Registry): Promise<CopyReport> =>
  copy(at(source), at(target), { referrers: true });

/** Lists the digests of the referrers of a manifest. */
const digests = async (registry: Registry, { digest }: Descriptor): Promise<string[]> =>
  (await collect(registry.referrers(repository, digest))).map((it) => it.digest);

/** Makes the name of a tag that refers to a manifest. */
const tagFor = ({ digest }: Descriptor, end = ""): string => `${digest.replace(":", "-")}${end}`;

/** A registry without the call `referrers`. */
function withoutReferrers(registry: Registry): Registry {
  return watch(registry, async ({ method }, proceed) => {
    if (method === "referrers") throw new RegistryError("UNSUPPORTED");
    return proceed();
  }).registry;
}

describe("referrers", () => {
  it("are not copied by default", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const image = await pushImage(source, "image", { tags: ["v1"] });
    await pushReferrer(source, image, "signature");
    await pushImage(source, "cosign", { tags: [tagFor(image, ".sig")] });
    const watched = watch(source);
    expect((await copy(at(watched.registry), at(target))).referrers).toBe(0);
    expect(await digests(target, image)).toEqual([]);
    expect(await collect(target.tags(repository))).toEqual(["v1"]);
    expect(watched.count("referrers", "resolveTag")).toBe(1);
  });

  it("of the manifest, of everything below it and of other referrers are copied", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const image = await pushImage(source, "image");
    const nested = await pushIndex(source, [image]);
    const index = await pushIndex(source, [nested], { tags: ["v1"] });
    const subjects = [image, nested, index];
    for (const subject of [...subjects]) subjects.push(await pushReferrer(source, subject, "signature"));
    for (const subject of subjects.slice(3))
      subjects.push(await pushReferrer(source, subject, "of signature"));
    const report = await copyAll(source, target);
    expect(report).toMatchObject({ referrers: 6, manifests: 9 });
    for (const subject of subjects)
      expect(await digests(target, subject)).toEqual(await digests(source, subject));
  });

  it("that are indexes are copied with everything below them, and with its referrers", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const image = await pushImage(source, "image", { tags: ["v1"] });
    const part = await pushImage(source, "part");
    const index = await pushIndex(source, [part], { more: { subject: bare(image) } });
    await pushReferrer(source, part, "signature of the part");
    expect(await copyAll(source, target)).toMatchObject({ referrers: 2, manifests: 4 });
    expect(await everythingOf(target, repository, index.digest)).toEqual(
      await everythingOf(source, repository, index.digest),
    );
    expect(await digests(target, part)).toEqual(await digests(source, part));
  });

  it("in the referrers tag are copied only if they exist and have the subject", async () => {
    const [source, target] = [createMemoryRegistry({ allowSparse: true }), createMemoryRegistry()];
    const image = await pushImage(source, "image", { tags: ["v1"] });
    const signature = await pushReferrer(source, image, "signature");
    const other = await pushImage(source, "other");
    const lost = { ...bare(other), digest: `sha256:${"0".repeat(64)}` as const };
    await pushIndex(source, [signature, other, lost].map(bare), { tags: [tagFor(image)] });
    expect(await copyAll(withoutReferrers(source), target)).toMatchObject({ referrers: 1, manifests: 2 });
    expect(await digests(target, image)).toEqual([signature.digest]);
  });

  it("are pushed before the tag is set", async () => {
    const [source, target] = [createMemoryRegistry(), watch(createMemoryRegistry())];
    const image = await pushImage(source, "image", { tags: ["v1"] });
    await pushReferrer(source, image, "signature");
    await pushImage(source, "cosign", { tags: [tagFor(image, ".sig")] });
    await copyAll(source, target.registry);
    const pushes = target.calls.filter(({ method }) => method === "pushManifest");
    const tags = pushes.flatMap(({ args }) => (args[3] as { tags: string[] }).tags);
    expect(tags).toEqual([tagFor(image, ".sig"), "v1"]);
    expect(target.calls.at(-1)?.args[3]).toMatchObject({ tags: ["v1"] });
  });

  it("are added to a manifest that the target has already", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const image = await pushImage(source, "image", { tags: ["v1"] });
    await copyAll(source, target);
    await pushReferrer(source, image, "signature");
    const watched = watch(target);
    expect(await copyAll(source, watched.registry)).toMatchObject({ manifests: 1, tags: [], referrers: 1 });
    expect(watched.count("pushManifest")).toBe(1);
    expect(await digests(target, image)).toEqual(await digests(source, image));
    expect(await copyAll(source, target)).toMatchObject({ manifests: 0, tags: [], referrers: 1 });
  });

  it("of manifests that platforms leave out are not copied", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const images = [
      await pushImage(source, "1"),
      await pushImage(source, "2", { platform: { os: "linux", architecture: "arm64" } }),
    ] as const;
    const original = await pushIndex(source, images, { tags: ["v1"] });
    for (const subject of [...images, original]) await pushReferrer(source, subject, "signature");
    const report = await copy(at(source), at(target), { referrers: true, platforms: ["linux/arm64"] });
    expect(report).toMatchObject({ referrers: 1 });
    expect(await digests(target, images[1])).toEqual(await digests(source, images[1]));
    expect(await digests(target, images[0])).toEqual([]);
  });

  it("that contain a manifest that platforms leave out are copied whole", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const images = [
      await pushImage(source, "1"),
      await pushImage(source, "2", { platform: { os: "linux", architecture: "arm64" } }),
    ] as const;
    await pushIndex(source, images, { tags: ["v1"] });
    const referrer = await pushIndex(source, [images[1]], { more: { subject: bare(images[0]) } });
    await copy(at(source), at(target), { referrers: true, platforms: ["linux/amd64"] });
    expect(await everythingOf(target, repository, referrer.digest)).toEqual(
      await everythingOf(source, repository, referrer.digest),
    );
  });

  it("fail the copy if they cannot be listed", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    await pushImage(source, "image", { tags: ["v1"] });
    const failing = watch(source, async ({ method }, proceed) => {
      if (method === "referrers") throw new RegistryError("STORAGE_FAILED");
      return proceed();
    });
    await expect(copyAll(failing.registry, target)).rejects.toMatchObject({ code: "STORAGE_FAILED" });
  });

  it("that contain the manifest are copied", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const image = await pushImage(source, "image", { tags: ["v1"] });
    const index = await pushIndex(source, [image], { more: { subject: bare(image) } });
    expect(await copyAll(source, target)).toMatchObject({ referrers: 1, tags: ["v1"], manifests: 2 });
    expect(await digests(target, image)).toEqual([index.digest]);
  });

  it("of a manifest whose digest is sha512 are copied", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const image = await pushSha512(source);
    await pushReferrer(source, image, "signature");
    expect(await copyAll(source, target)).toMatchObject({ referrers: 1 });
    expect(await digests(target, image)).toEqual(await digests(source, image));
  });
});

describe("referrers of a registry without that call", () => {
  it("are found by the referrers tag", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const image = await pushImage(source, "image", { tags: ["v1"] });
    const signature = await pushReferrer(source, image, "signature");
    const second = await pushReferrer(source, signature, "of the signature");
    await pushIndex(source, [signature], { tags: [tagFor(image)] });
    await pushIndex(source, [second], { tags: [tagFor(signature)] });
    expect(await copyAll(withoutReferrers(source), target)).toMatchObject({ referrers: 2 });
    expect(await digests(target, image)).toEqual([signature.digest]);
    expect(await digests(target, signature)).toEqual([second.digest]);
    // The target's registry decides whether it needs such a tag.
    expect(await collect(target.tags(repository))).toEqual(["v1"]);
  });

  // dist, "Referrers Tag Schema": at most 64 characters of the encoded digest
  it("are found by the shortened referrers tag of a sha512 digest", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const image = await pushSha512(source);
    const signature = await pushReferrer(source, image, "signature");
    const encoded = image.digest.slice("sha512:".length);
    await pushIndex(source, [signature], { tags: [`sha512-${encoded.slice(0, 64)}`] });
    expect(await copyAll(withoutReferrers(source), target)).toMatchObject({ referrers: 1 });
    expect(await digests(target, image)).toEqual([signature.digest]);
  });

  it("are not found without a referrers tag, or if it is not an index", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const image = await pushImage(source, "image", { tags: ["v1"] });
    expect(await copyAll(withoutReferrers(source), target)).toMatchObject({ referrers: 0 });
    await pushImage(source, "other", { tags: [tagFor(image)] });
    expect(await copyAll(withoutReferrers(source), target)).toMatchObject({ referrers: 0 });
  });

  it("fail the copy if the referrers tag cannot be read", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    await pushImage(source, "image", { tags: ["v1"] });
    const failing = watch(withoutReferrers(source), async ({ method }, proceed) => {
      if (method === "getTag") throw new RegistryError("STORAGE_FAILED");
      return proceed();
    });
    await expect(copyAll(failing.registry, target)).rejects.toMatchObject({ code: "STORAGE_FAILED" });
  });
});

describe("cosign's tags", () => {
  it("are copied with their manifests", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const image = await pushImage(source, "image");
    const index = await pushIndex(source, [image], { tags: ["v1"] });
    const tags = [".sig", ".att", ".sbom"].map((end) => tagFor(image, end));
    for (const tag of tags) await pushImage(source, tag, { tags: [tag] });
    await pushImage(source, "of the index", { tags: [tagFor(index, ".sig")] });
    await pushImage(source, "other", { tags: [tagFor(image, ".other")] });
    const report = await copyAll(source, target);
    expect(report).toMatchObject({ referrers: 4, manifests: 6 });
    const expected = ["v1", ...tags, tagFor(index, ".sig")].sort();
    expect([...report.tags].sort()).toEqual(expected);
    expect(await collect(target.tags(repository))).toEqual(expected);
    for (const tag of tags)
      expect(await everythingOf(target, repository, tag)).toEqual(
        await everythingOf(source, repository, tag),
      );
  });

  it("of a signature are copied too", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const image = await pushImage(source, "image", { tags: ["v1"] });
    const signature = await pushImage(source, "signature", { tags: [tagFor(image, ".sig")] });
    await pushImage(source, "second", { tags: [tagFor(signature, ".sig")] });
    expect((await copyAll(source, target)).tags).toContain(tagFor(signature, ".sig"));
  });

  it("are not written again if the target has them, and moved if they point elsewhere", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const image = await pushImage(source, "image", { tags: ["v1"] });
    await pushImage(source, "signature", { tags: [tagFor(image, ".sig")] });
    await copyAll(source, target);
    const watched = watch(target);
    expect((await copyAll(source, watched.registry)).tags).toEqual([]);
    expect(watched.count("pushManifest")).toBe(0);
    await pushImage(source, "second signature", { tags: [tagFor(image, ".sig")] });
    expect((await copyAll(source, target)).tags).toEqual([tagFor(image, ".sig")]);
  });

  it("that the target has already are not written again with a new manifest", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const image = await pushImage(source, "image", { tags: ["v1"] });
    await pushImage(source, "signature", { tags: [tagFor(image, ".sig")] });
    await copy(at(source, tagFor(image, ".sig")), at(target, tagFor(image, ".sig")));
    const watched = watch(target);
    expect((await copyAll(source, watched.registry)).tags).toEqual(["v1"]);
    expect(watched.count("pushManifest")).toBe(1);
  });

  it("of one manifest for two images count as one referrer, and both are set", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const image = await pushImage(source, "image");
    const index = await pushIndex(source, [image], { tags: ["v1"] });
    const tags = [tagFor(image, ".sig"), tagFor(index, ".sig")];
    await pushImage(source, "signature", { tags, more: { subject: bare(image) } });
    const report = await copyAll(source, target);
    expect(report).toMatchObject({ referrers: 1, manifests: 3 });
    expect([...report.tags].sort()).toEqual([...tags, "v1"].sort());
  });

  it("are not searched for a sha512 digest, which is too long for a tag", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    await pushSha512(source);
    const watched = watch(source);
    await copyAll(watched.registry, target);
    expect(watched.count("resolveTag")).toBe(1);
  });

  it("fail the copy if they cannot be resolved", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    await pushImage(source, "image", { tags: ["v1"] });
    const failing = watch(source, async ({ method, args }, proceed) => {
      if (method === "resolveTag" && args[1] !== "v1") throw new RegistryError("STORAGE_FAILED");
      return proceed();
    });
    await expect(copyAll(failing.registry, target)).rejects.toMatchObject({ code: "STORAGE_FAILED" });
  });
});

/** Pushes a manifest whose digest is sha512, as the tag v1. */
async function pushSha512(registry: Registry): Promise<Descriptor> {
  const { config } = await manifestAt(registry, (await pushImage(registry, "base")).digest);
  const content = bytes(JSON.stringify({ schemaVersion: 2, config, layers: [] }));
  const { digest } = await computeDigest(content, { algorithm: "sha512" });
  return registry.pushManifest(repository, content, ociMediaTypes.imageManifest, { digest, tags: ["v1"] });
}
