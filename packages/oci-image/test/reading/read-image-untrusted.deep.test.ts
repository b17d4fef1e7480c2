import { ociMediaTypes, type Descriptor, type Platform } from "@ocilayout/oci-types";
import { rejection } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { readImage } from "../../src/index.ts";
import { FakeRegistry } from "../fake-registry.ts";

const { imageManifest, imageIndex, imageConfig } = ociMediaTypes;

const arm = { os: "linux", architecture: "arm" };
const amd64 = { os: "linux", architecture: "amd64" };
const unknown = { mediaType: imageManifest, digest: `blake3:${"a".repeat(64)}`, size: 1 } as const;

async function choose(fake: FakeRegistry, root: Descriptor, platform: Platform = arm): Promise<Descriptor> {
  return (await readImage(fake.at(root), { platform })).descriptor;
}

describe("readImage over an untrusted registry", () => {
  it("skips a manifest whose config is not a valid image config", async () => {
    const fake = new FakeRegistry();
    const [odd, good] = [fake.putImage(arm, { variant: 7 }), fake.putImage(arm)];
    expect(await choose(fake, fake.putIndex(odd, good))).toEqual(good);
  });

  it("skips a digest of an algorithm that cannot be verified", async () => {
    const fake = new FakeRegistry();
    const good = fake.putImage(arm);
    expect(await choose(fake, fake.putIndex(unknown, good))).toEqual(good);
    expect(await choose(fake, fake.putIndex({ ...unknown, mediaType: imageIndex }, good))).toEqual(good);
  });

  it("skips forged, missing and misdescribed manifests without a platform", async () => {
    const fake = new FakeRegistry();
    const good = fake.putImage(arm);
    const forged = fake.put({ schemaVersion: 2, manifests: [] }, imageIndex, `sha256:${"1".repeat(64)}`);
    const sizeless = fake.putImage(arm, { author: "sizeless" });
    fake.state(sizeless, { ...sizeless, size: undefined });
    const index = fake.putIndex(
      forged,
      { ...forged, mediaType: imageManifest },
      { ...good, mediaType: imageIndex },
      { ...unknown, digest: `sha256:${"2".repeat(64)}` },
      sizeless,
    );
    expect(await rejection(choose(fake, index))).toMatchObject({ code: "MANIFEST_UNKNOWN" });
    expect(await choose(fake, fake.putIndex(index, good))).toEqual(good);
    expect(fake.open).toBe(0);
  });

  it.each([
    [
      "missing",
      "MANIFEST_UNKNOWN",
      (fake: FakeRegistry) => ({ ...fake.putIndex(), digest: `sha256:${"2".repeat(64)}` }),
    ],
    [
      "forged",
      "CONTENT_CORRUPT",
      (fake: FakeRegistry) => fake.put({}, imageManifest, `sha256:${"1".repeat(64)}`),
    ],
    ["not verifiable", "DIGEST_INVALID", () => unknown],
    ["an index", "MANIFEST_INVALID", (fake: FakeRegistry) => fake.putIndex()],
  ])("fails if the chosen manifest is %s, with %s", async (_name, code, make) => {
    const fake = new FakeRegistry();
    const chosen = { ...make(fake), mediaType: imageManifest, platform: arm };
    const index = fake.putIndex(chosen, fake.putImage(arm));
    expect(await rejection(choose(fake, index))).toMatchObject({ code });
  });

  it("passes on what the registry throws while it looks for an image", async () => {
    const fake = new FakeRegistry();
    const failure = new Error("no network");
    const index = fake.putIndex(fake.putImage(arm));
    const registry = { ...fake.registry, getBlob: () => Promise.reject(failure) };
    expect(await rejection(readImage({ ...fake.at(index), registry }, { platform: arm }))).toBe(failure);
  });

  it("reads a nested index with the maximum number of manifests", async () => {
    const fake = new FakeRegistry();
    const good = fake.putImage(arm);
    const child = { mediaType: "a/b", digest: "a:b", size: 0 } as const;
    const many = fake.putIndex(...Array.from({ length: 24_900 }, () => child), { ...good, platform: arm });
    expect(await choose(fake, fake.putIndex(many))).toEqual(good);
  });

  it("reads 1,000 images without a platform, and fails with MANIFEST_INVALID beyond", async () => {
    const fake = new FakeRegistry();
    const others = Array.from({ length: 999 }, (_, i) => fake.putImage(amd64, { author: String(i) }));
    const good = fake.putImage(arm);
    expect(await choose(fake, fake.putIndex(...others, good))).toEqual(good);
    fake.asked.splice(0);
    const more = fake.putIndex(...others, fake.putImage(amd64, { author: "one more" }), good);
    expect(await rejection(choose(fake, more))).toMatchObject({
      code: "MANIFEST_INVALID",
      message: `cannot choose an image of ${more.digest}: it needs more than 1000 manifests`,
      detail: { limit: 1000 },
    });
    // The root, and 1,000 manifests with a config each.
    expect(fake.asked).toHaveLength(1 + 2 * 1000);
  });

  it("enters 1,000 nested indexes, and fails with MANIFEST_INVALID beyond", async () => {
    const fake = new FakeRegistry();
    let top = fake.putIndex({ ...fake.putImage(arm), platform: arm });
    for (let i = 1; i < 1000; i += 1) top = fake.putIndex(top);
    await choose(fake, fake.putIndex(top));
    expect(await rejection(choose(fake, fake.putIndex(fake.putIndex(top))))).toMatchObject({
      code: "MANIFEST_INVALID",
      detail: { limit: 1000 },
    });
  });

  it("enters each index once, so a diamond of 40 levels takes no longer than a chain", async () => {
    const fake = new FakeRegistry();
    const good = fake.putImage(arm);
    let top = fake.putIndex(good);
    for (let i = 0; i < 40; i += 1)
      top = fake.putIndex({ ...top, annotations: { i: "1" } }, { ...top, annotations: { i: "2" } });
    expect(await choose(fake, top)).toEqual(good);
    expect(fake.asked.length).toBeLessThan(50);
  });

  it("counts unreadable manifests, too", async () => {
    const fake = new FakeRegistry();
    const missing = (i: number): object => ({
      ...unknown,
      digest: `sha256:${i.toString(16).padStart(64, "0")}`,
    });
    const index = fake.putIndex(...Array.from({ length: 1001 }, (_, i) => missing(i)));
    expect(await rejection(choose(fake, index))).toMatchObject({
      code: "MANIFEST_INVALID",
      detail: { limit: 1000 },
    });
  });

  it("keeps at most 16 MiB of nested indexes in memory", async () => {
    const fake = new FakeRegistry();
    const big = (i: number): Descriptor =>
      fake.put(
        { schemaVersion: 2, manifests: [], annotations: { i: `${i}${"x".repeat(4 * 1024 * 1024)}` } },
        imageIndex,
      );
    const good = { ...fake.putImage(arm), platform: arm };
    const all = Array.from({ length: 20 }, (_, i) => big(i));
    await choose(fake, fake.putIndex(...all.slice(0, 3), good));
    fake.asked.splice(0);
    expect(await rejection(choose(fake, fake.putIndex(...all, good)))).toMatchObject({
      code: "MANIFEST_INVALID",
      detail: { limit: 16 * 1024 * 1024 },
    });
    expect(fake.asked.length).toBeLessThan(10);
  });

  it("keeps at most 16 MiB of platforms in memory", async () => {
    const fake = new FakeRegistry();
    const images = Array.from({ length: 10 }, (_, i) =>
      fake.putImage({ ...amd64, "os.version": `${i}${"x".repeat(4 * 1024 * 1024)}` }),
    );
    expect(await rejection(choose(fake, fake.putIndex(...images)))).toMatchObject({
      code: "MANIFEST_INVALID",
      detail: { limit: 16 * 1024 * 1024 },
    });
  });

  it("names at most 20 platforms in an error, and only well-formed ones", async () => {
    const fake = new FakeRegistry();
    const image = fake.putImage(arm);
    const hostile = ["\u001b[2J", "a\nb", "x".repeat(1000), "", "unknown"];
    const names = [...hostile, ...Array.from({ length: 30 }, (_, i) => `os${i}`)];
    const entries = names.map((os) => ({ ...image, platform: { os, architecture: "arm" } }));
    const error = (await rejection(choose(fake, fake.putIndex(...entries)))) as {
      message: string;
      detail: object;
    };
    const platforms = Array.from({ length: 20 }, (_, i) => `os${i}/arm`);
    expect(error.detail).toEqual({ platforms });
    expect(error.message.endsWith(`: it has ${platforms.join(", ")}`)).toBe(true);
  });

  it("quotes a wanted platform that is not a name", async () => {
    const fake = new FakeRegistry();
    const at = fake.tagged(fake.putIndex());
    expect(await rejection(readImage(at, { platform: { os: "a\nb", architecture: "arm" } }))).toMatchObject({
      message: 'v1 has no image for "a\\nb/arm"',
    });
  });

  it("does not confuse members of Object.prototype with platforms", async () => {
    const fake = new FakeRegistry();
    const config = fake.put(JSON.parse('{"__proto__":{"os":"linux","architecture":"arm"}}'), imageConfig);
    const index = fake.putIndex(fake.putManifest(config));
    expect(await rejection(choose(fake, index))).toMatchObject({ code: "MANIFEST_UNKNOWN" });
  });
});
