import { rmSync } from "node:fs";

import { openLayout, type LayoutRegistry } from "@ocilayout/layout-core";
import { emptyDescriptor, ociMediaTypes, type Descriptor, type Platform } from "@ocilayout/oci-types";
import { blobPath, freshLayout, imageIndex, pushArtifact, rejection } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { hostPlatform, readImage, type ReadImageOptions } from "../../src/index.ts";
import { FakeRegistry } from "../fake-registry.ts";
import { pushImage, pushIndex } from "../images.ts";

const amd64 = { os: "linux", architecture: "amd64" };
const arm64 = { os: "linux", architecture: "arm64" };
const plan9 = { os: "plan9", architecture: "amd64" };

/** Returns the descriptor of the image that `readImage` chooses. */
async function choose(
  fake: FakeRegistry,
  root: Descriptor,
  platform?: ReadImageOptions["platform"],
): Promise<Descriptor> {
  return (await readImage(fake.at(root), { platform })).descriptor;
}

/** Runs `run` on another platform, in Node's names. */
async function onHost(platform: string, arch: string, run: () => Promise<void>): Promise<void> {
  const original = Object.getOwnPropertyDescriptor(globalThis, "process");
  if (original === undefined) throw new Error("Node has a global process");
  // Other code still needs Node's process.
  const value = Object.create(process, { platform: { value: platform }, arch: { value: arch } }) as unknown;
  Object.defineProperty(globalThis, "process", { value, configurable: true, writable: true });
  try {
    await run();
  } finally {
    Object.defineProperty(globalThis, "process", original);
  }
}

describe("readImage of a layout", () => {
  async function read(registry: LayoutRegistry, reference: string, platform?: Platform): Promise<Descriptor> {
    return (await readImage({ registry, repository: "a", reference }, { platform })).descriptor;
  }

  it("chooses by the descriptors, else by the configs, through nested indexes", async () => {
    await using registry = await openLayout(freshLayout());
    const [one, two] = [await pushImage(registry, amd64), await pushImage(registry, arm64)];
    const said = await pushIndex(registry, { ...one, platform: amd64 }, { ...two, platform: arm64 });
    const silent = await pushIndex(registry, one, two);
    const nested = await pushIndex(registry, silent);
    for (const { digest } of [said, silent, nested]) {
      expect(await read(registry, digest, arm64)).toEqual(two);
      expect(await read(registry, digest, amd64)).toEqual(one);
      expect(await rejection(read(registry, digest, plan9))).toMatchObject({
        code: "MANIFEST_UNKNOWN",
        detail: { platforms: ["linux/amd64", "linux/arm64"] },
      });
    }
  });

  it("returns the manifest and the config, by tag and by digest", async () => {
    await using registry = await openLayout(freshLayout());
    const pushed = await pushImage(
      registry,
      { ...arm64, variant: "v8" },
      { config: { Cmd: ["sh"] }, future: 1 },
    );
    const index = imageIndex({ ...pushed, platform: arm64 });
    const { digest } = await registry.pushManifest("a", index, ociMediaTypes.imageIndex, { tags: ["v1"] });
    for (const reference of ["v1", digest]) {
      const image = await readImage({ registry, repository: "a", reference }, { platform: "linux/arm64" });
      expect(image).toMatchObject({
        descriptor: pushed,
        manifest: {
          schemaVersion: 2,
          config: { mediaType: ociMediaTypes.imageConfig },
          layers: [{ size: 20 }],
        },
        config: { ...arm64, variant: "v8", config: { Cmd: ["sh"] }, future: 1 },
      });
      // The index decides about the platform.
      expect(image.platform).toEqual(arm64);
    }
  });

  it("skips missing manifests", async () => {
    await using registry = await openLayout(freshLayout());
    const [one, two] = [await pushArtifact(registry, "a", "one"), await pushImage(registry, arm64)];
    const list = await pushIndex(registry, one, two);
    rmSync(blobPath(registry.directory, one.digest));
    expect(await read(registry, list.digest, arm64)).toEqual(two);
  });
});

describe("readImage of an image manifest", () => {
  it("returns the image whatever its platform is, if none is wanted", async () => {
    const fake = new FakeRegistry();
    const image = fake.putImage({ ...plan9, variant: "v2", "os.version": "1", "os.features": ["x"] });
    const read = await readImage(fake.tagged(image));
    expect(read.descriptor).toEqual(image);
    expect(read.platform).toStrictEqual({ ...plan9, variant: "v2", "os.version": "1", "os.features": ["x"] });
    expect((await readImage(fake.at(fake.putImage(arm64)))).platform).toStrictEqual(arm64);
  });

  it.each(["linux/arm64", "linux/arm64/v8", "linux/aarch64", arm64])(
    "accepts %j for an image that runs there",
    async (platform) => {
      const fake = new FakeRegistry();
      const image = fake.putImage(arm64);
      expect(await choose(fake, image, platform)).toEqual(image);
    },
  );

  it("fails with MANIFEST_UNKNOWN and the platform of the image if it does not run on the wanted one", async () => {
    const fake = new FakeRegistry();
    const at = fake.tagged(fake.putImage({ ...arm64, variant: "v8" }));
    expect(await rejection(readImage(at, { platform: "linux/amd64" }))).toMatchObject({
      code: "MANIFEST_UNKNOWN",
      message: "v1 has no image for linux/amd64: it has linux/arm64/v8",
      detail: { platforms: ["linux/arm64/v8"] },
    });
  });

  it.each([
    ["an empty config", emptyDescriptor, "{}"],
    ["a config of its own", { mediaType: "application/vnd.example+json" }, '{"name":"one"}'],
  ])("fails with MANIFEST_INVALID for an artifact with %s", async (_name, { mediaType }, text) => {
    const fake = new FakeRegistry();
    const manifest = fake.putManifest(fake.put(JSON.parse(text), mediaType));
    for (const platform of [undefined, "linux/amd64"])
      expect(await rejection(choose(fake, manifest, platform))).toMatchObject({ code: "MANIFEST_INVALID" });
  });

  it("fails with MANIFEST_INVALID for content of an unknown media type", async () => {
    const fake = new FakeRegistry();
    const thing = fake.put({ os: "linux" }, "application/x-thing");
    for (const platform of [undefined, "linux/amd64"])
      expect(await rejection(choose(fake, thing, platform))).toMatchObject({
        code: "MANIFEST_INVALID",
        message: `${thing.digest} is not an image or an index`,
      });
  });
});

describe("readImage of an index", () => {
  it("accepts the platform as text and as an object", async () => {
    const fake = new FakeRegistry();
    const [one, two] = [fake.putImage(amd64), fake.putImage(arm64)];
    const index = fake.putIndex({ ...one, platform: amd64 }, { ...two, platform: arm64 });
    for (const platform of ["linux/arm64", "linux/arm64/v8", arm64, { ...arm64, "os.version": "6" }])
      expect(await choose(fake, index, platform)).toEqual(two);
  });

  // clause 1
  it.each([
    ["linux", { code: "NAME_INVALID" }],
    ["", { code: "NAME_INVALID" }],
    ["linux/amd64/v1/x", { code: "NAME_INVALID" }],
    [7, { name: "TypeError" }],
    [null, { name: "TypeError" }],
    [{ os: "linux" }, { name: "TypeError" }],
    [{ ...amd64, variant: 1 }, { name: "TypeError" }],
  ])("rejects the platform %j before it reads", async (platform, error) => {
    const fake = new FakeRegistry();
    expect(await rejection(readImage(fake.at("v1"), { platform: platform as string }))).toMatchObject(error);
    expect(fake.asked).toEqual([]);
  });

  it("does not read the configs of other images if a descriptor fits", async () => {
    const fake = new FakeRegistry();
    const [silent, said] = [fake.putImage(amd64), fake.putImage(arm64)];
    const index = fake.putIndex(silent, { ...said, platform: amd64 });
    expect(await choose(fake, index, amd64)).toEqual(said);
    expect(fake.asked).not.toContain(silent.digest);
  });

  it("reads the configs of the images without a platform if no descriptor fits", async () => {
    const fake = new FakeRegistry();
    const [silent, said] = [fake.putImage(arm64), fake.putImage(amd64)];
    const read = await readImage(fake.at(fake.putIndex({ ...said, platform: amd64 }, silent)), {
      platform: arm64,
    });
    expect(read).toMatchObject({ descriptor: silent, platform: arm64 });
  });

  it("fails with MANIFEST_UNKNOWN and all platforms if no image fits", async () => {
    const fake = new FakeRegistry();
    const [silent, said] = [fake.putImage(arm64), fake.putImage(amd64)];
    const inner = fake.putIndex({ ...said, platform: { os: "linux", architecture: "riscv64" } });
    const at = fake.tagged(
      fake.putIndex({ ...said, platform: amd64 }, { ...said, platform: amd64 }, inner, silent),
    );
    expect(await rejection(readImage(at, { platform: plan9 }))).toMatchObject({
      code: "MANIFEST_UNKNOWN",
      message: "v1 has no image for plan9/amd64: it has linux/amd64, linux/riscv64, linux/arm64",
      detail: { platforms: ["linux/amd64", "linux/riscv64", "linux/arm64"] },
    });
  });

  it("fails with MANIFEST_UNKNOWN for an index without images", async () => {
    const fake = new FakeRegistry();
    expect(await rejection(readImage(fake.tagged(fake.putIndex()), { platform: amd64 }))).toMatchObject({
      code: "MANIFEST_UNKNOWN",
      message: "v1 has no image for linux/amd64",
      detail: { platforms: [] },
    });
  });

  it("skips attestations, also those without a platform", async () => {
    const fake = new FakeRegistry();
    const image = fake.putImage(amd64);
    const attestation = fake.putImage({ os: "unknown", architecture: "unknown" });
    const annotations = {
      "vnd.docker.reference.digest": image.digest,
      "vnd.docker.reference.type": "attestation-manifest",
    };
    const misleading = fake.putImage(amd64, { author: "attestation" });
    const unknown = { os: "unknown", architecture: "unknown" };
    const before = [
      { ...attestation, platform: unknown },
      { ...attestation, platform: unknown, annotations },
      { ...misleading, annotations },
      { ...misleading, platform: amd64, annotations },
      { ...fake.putIndex(misleading), annotations },
    ];
    for (const entry of [{ ...image, platform: amd64 }, image])
      expect(await choose(fake, fake.putIndex(...before, entry), amd64)).toEqual(image);
    expect(fake.asked).not.toContain(misleading.digest);
    expect(await rejection(choose(fake, fake.putIndex(...before), amd64))).toMatchObject({
      code: "MANIFEST_UNKNOWN",
      detail: { platforms: [] },
    });
  });

  it("skips content of unknown media types, even if its platform fits", async () => {
    const fake = new FakeRegistry();
    const thing = { ...fake.put({}, "application/x-thing"), platform: amd64 };
    const image = fake.putImage(amd64);
    expect(await choose(fake, fake.putIndex(thing, { ...image, platform: amd64 }), amd64)).toEqual(image);
    expect(fake.asked).not.toContain(thing.digest);
  });

  it("fails with MANIFEST_INVALID if the chosen manifest is an artifact", async () => {
    const fake = new FakeRegistry();
    const artifact = fake.putManifest(fake.put({}, ociMediaTypes.empty));
    const index = fake.putIndex({ ...artifact, platform: amd64 });
    expect(await rejection(choose(fake, index, amd64))).toMatchObject({ code: "MANIFEST_INVALID" });
  });

  it("reads a tag once, so a tag that moves meanwhile does no harm", async () => {
    const fake = new FakeRegistry();
    const image = fake.putImage(amd64);
    const at = fake.tagged(fake.putIndex({ ...image, platform: amd64 }));
    const { registry } = fake;
    const moving = {
      ...registry,
      getManifest: (...call: Parameters<typeof registry.getManifest>) => {
        fake.tagged(fake.putIndex());
        return registry.getManifest(...call);
      },
    };
    expect((await readImage({ ...at, registry: moving }, { platform: amd64 })).descriptor).toEqual(image);
    expect(fake.asked.filter((name) => name === "v1")).toHaveLength(1);
  });
});

describe("readImage of nested indexes", () => {
  it("enters an index without a platform, in the order of the documents", async () => {
    const fake = new FakeRegistry();
    const made = (author: string): Descriptor => ({ ...fake.putImage(amd64, { author }), platform: amd64 });
    const [one, two, three] = [made("one"), made("two"), made("three")];
    const nested = fake.putIndex(fake.putIndex({ ...one, platform: arm64 }), fake.putIndex(two));
    expect((await choose(fake, fake.putIndex(nested, three), amd64)).digest).toBe(two.digest);
    expect((await choose(fake, fake.putIndex(one, nested), amd64)).digest).toBe(one.digest);
  });

  it("enters an index whose platform runs on the wanted one, and no other", async () => {
    const fake = new FakeRegistry();
    const image = fake.putImage(amd64);
    const inner = fake.putIndex({ ...image, platform: amd64 });
    const other = fake.putIndex(fake.putImage(arm64));
    const index = fake.putIndex({ ...other, platform: arm64 }, { ...inner, platform: amd64 });
    expect(await choose(fake, index, { ...amd64, variant: "v3" })).toEqual(image);
    expect(fake.asked).not.toContain(other.digest);
  });

  it("continues after an index that promises a platform and does not have it", async () => {
    const fake = new FakeRegistry();
    const image = fake.putImage(amd64);
    const empty = { ...fake.putIndex(), platform: amd64 };
    const missing = {
      ...image,
      digest: `sha256:${"0".repeat(64)}`,
      mediaType: ociMediaTypes.imageIndex,
      platform: amd64,
    };
    const index = fake.putIndex(empty, missing, { ...image, platform: amd64 });
    expect(await choose(fake, index, amd64)).toEqual(image);
  });

  it("reads each nested index and each config once", async () => {
    const fake = new FakeRegistry();
    const silent = fake.putImage(arm64);
    const inner = fake.putIndex(silent, silent);
    const index = fake.putIndex(inner, inner, silent, fake.putIndex(inner));
    await onHost("darwin", "x64", async () => {
      expect(await rejection(readImage(fake.at(index)))).toMatchObject({ code: "MANIFEST_UNKNOWN" });
    });
    expect(fake.asked.filter((digest) => digest === inner.digest)).toHaveLength(1);
    expect(fake.asked.filter((digest) => digest === silent.digest)).toHaveLength(1);
    expect(new Set(fake.asked).size).toBe(fake.asked.length);
  });
});

describe("readImage of an index without a wanted platform", () => {
  const darwin = { os: "darwin", architecture: "arm64" };

  it("chooses the image for this process", async () => {
    const fake = new FakeRegistry();
    const host = hostPlatform();
    const [one, two] = [fake.putImage(plan9), fake.putImage(host)];
    expect(
      await choose(fake, fake.putIndex({ ...one, platform: plan9 }, { ...two, platform: host })),
    ).toEqual(two);
  });

  it("prefers the image for this process, and falls back to Linux on the same architecture", async () => {
    const fake = new FakeRegistry();
    const [one, two, three] = [fake.putImage(amd64), fake.putImage(arm64), fake.putImage(darwin)];
    const entries = [
      { ...one, platform: amd64 },
      { ...two, platform: arm64 },
    ];
    await onHost("darwin", "arm64", async () => {
      expect(await choose(fake, fake.putIndex(...entries, { ...three, platform: darwin }))).toEqual(three);
      expect(await choose(fake, fake.putIndex(...entries, three))).toEqual(three);
      expect(await choose(fake, fake.putIndex(...entries))).toEqual(two);
      expect(await choose(fake, fake.putIndex(one, two))).toEqual(two);
    });
    await onHost("win32", "x64", async () => {
      expect(await choose(fake, fake.putIndex(...entries))).toEqual(one);
    });
  });

  it("does not fall back if a platform is wanted", async () => {
    const fake = new FakeRegistry();
    const index = fake.putIndex({ ...fake.putImage(arm64), platform: arm64 });
    expect(await rejection(choose(fake, index, darwin))).toMatchObject({ code: "MANIFEST_UNKNOWN" });
  });

  it("fails with MANIFEST_UNKNOWN for the platform of this process if no image fits", async () => {
    const fake = new FakeRegistry();
    const at = fake.tagged(fake.putIndex({ ...fake.putImage(plan9), platform: plan9 }));
    await onHost("darwin", "arm64", async () => {
      expect(await rejection(readImage(at))).toMatchObject({
        code: "MANIFEST_UNKNOWN",
        message: "v1 has no image for darwin/arm64: it has plan9/amd64",
      });
    });
  });

  it("throws a TypeError in a browser, unless a platform is wanted or the place is one image", async () => {
    const fake = new FakeRegistry();
    const image = fake.putImage(amd64);
    const index = fake.putIndex({ ...image, platform: amd64 });
    await onHost(undefined as unknown as string, "x64", async () => {
      expect(await rejection(choose(fake, index))).toBeInstanceOf(TypeError);
      expect(await choose(fake, index, amd64)).toEqual(image);
      expect(await choose(fake, image)).toEqual(image);
    });
  });
});
