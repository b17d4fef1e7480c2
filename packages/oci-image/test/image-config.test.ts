import { emptyDescriptor, ociMediaTypes, type Descriptor, type ImageManifest } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import { readImageConfig, resolvePlatform } from "../src/index.ts";
import { FakeRegistry } from "./fake-registry.ts";

const { imageManifest, imageIndex, imageConfig } = ociMediaTypes;

const arm = { os: "linux", architecture: "arm" };
const valid = { ...arm, rootfs: { type: "layers", diff_ids: [] } };
const unknown = { mediaType: imageManifest, digest: `blake3:${"a".repeat(64)}`, size: 1 } as const;

function imageOf(config: Descriptor): ImageManifest {
  return { schemaVersion: 2, config, layers: [] };
}

function putIndex(fake: FakeRegistry, manifests: readonly Descriptor[]): Descriptor {
  return fake.put({ schemaVersion: 2, manifests }, imageIndex);
}

describe("readImageConfig over a registry that does not verify", () => {
  it("rejects corrupt content with CONTENT_CORRUPT", async () => {
    const fake = new FakeRegistry();
    const config = fake.put(valid, imageConfig, `sha256:${"0".repeat(64)}`);
    await expect(readImageConfig(fake.registry, "a", imageOf(config))).rejects.toMatchObject({
      code: "CONTENT_CORRUPT",
    });
  });

  // clause 13
  it("rejects a config whose size differs from the manifest's descriptor with MANIFEST_INVALID", async () => {
    const fake = new FakeRegistry();
    const config = { ...fake.put(valid, imageConfig), size: 1 };
    await expect(readImageConfig(fake.registry, "a", imageOf(config))).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
  });

  it("rejects a config that is declared too large with SIZE_INVALID, without requesting it", async () => {
    const fake = new FakeRegistry();
    const manifest = imageOf({ ...emptyDescriptor, size: 8 * 1024 * 1024 + 1 });
    await expect(readImageConfig(fake.registry, "a", manifest)).rejects.toMatchObject({
      code: "SIZE_INVALID",
    });
    expect(fake.asked).toEqual([]);
  });

  it.each([
    { variant: 7 },
    { "os.version": 10 },
    { "os.features": "win32k" },
    { "os.features": [1] },
    { rootfs: { diff_ids: [] } },
  ])("rejects a config with %j with MANIFEST_INVALID", async (wrong) => {
    const fake = new FakeRegistry();
    const config = fake.put({ ...valid, ...wrong }, imageConfig);
    await expect(readImageConfig(fake.registry, "a", imageOf(config))).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
  });
});

describe("resolvePlatform over an untrusted registry", () => {
  it("skips a manifest whose config is not a valid image config", async () => {
    const fake = new FakeRegistry();
    const odd = fake.put(imageOf(fake.put({ ...valid, variant: 7 }, imageConfig)), imageManifest);
    const good = fake.put(imageOf(fake.put(valid, imageConfig)), imageManifest);
    expect(await resolvePlatform(fake.registry, "a", putIndex(fake, [odd, good]).digest, arm)).toEqual(good);
  });

  it("skips a digest of an algorithm that cannot be verified", async () => {
    const fake = new FakeRegistry();
    const good = fake.put(imageOf(fake.put(valid, imageConfig)), imageManifest);
    expect(await resolvePlatform(fake.registry, "a", putIndex(fake, [unknown, good]).digest, arm)).toEqual(
      good,
    );
  });

  it("reads a nested index with the maximum number of manifests", async () => {
    const fake = new FakeRegistry();
    const good = fake.put(imageOf(fake.put(valid, imageConfig)), imageManifest);
    const child = { mediaType: "a/b", digest: "a:b", size: 0 } as const;
    const many = putIndex(fake, [...Array.from({ length: 24_900 }, () => child), { ...good, platform: arm }]);
    expect(await resolvePlatform(fake.registry, "a", putIndex(fake, [many]).digest, arm)).toEqual(good);
  });
});
