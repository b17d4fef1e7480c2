import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { createBlobReader } from "@ocilayout/oci-backend";
import { ociMediaTypes, RegistryError, type Descriptor, type Registry } from "@ocilayout/oci-types";
import { bytes } from "@ocilayout/testing";
import { beforeAll, describe, expect, it } from "vitest";

import { copy, sync } from "../../src/index.ts";
import { FakeRegistry } from "../fake-registry.ts";
import { pushImage, pushIndex, repository } from "./content.ts";
import { expectCode, putImage, sourceOf } from "./hostile.ts";
import { watch } from "./watch.ts";

const { imageManifest, imageIndex } = ociMediaTypes;

describe("a source of manifests that are too large to be kept in memory", () => {
  const memory = createMemoryRegistry();
  const from = { registry: memory, repository, reference: "v1" };

  beforeAll(async () => {
    const images = [];
    for (const name of ["1", "2", "3"])
      images.push(await pushImage(memory, name, { more: { annotations: { a: name.repeat(6_000_000) } } }));
    images.push(await pushImage(memory, "small"));
    await pushIndex(memory, images, { tags: ["v1"] });
  });

  it("is read twice for those beyond 16 MiB", async () => {
    const [source, target] = [watch(memory), createMemoryRegistry()];
    await copy({ ...from, registry: source.registry }, { ...from, registry: target }, { concurrency: 1 });
    // The index, two large images that are kept, one that is read twice, and a small one.
    expect(source.count("getManifest")).toBe(6);
    expect((await target.resolveTag(repository, "v1")).digest).toBe(
      (await memory.resolveTag(repository, "v1")).digest,
    );
  });

  it("fails with CONTENT_CORRUPT if it changes a manifest between two reads", async () => {
    const reads: Map<string, number> = new Map();
    const registry: Registry = {
      ...memory,
      getManifest: async (repo, digest) => {
        const reader = await memory.getManifest(repo, digest);
        const count = (reads.get(digest) ?? 0) + 1;
        reads.set(digest, count);
        return count === 1 ? reader : createBlobReader(reader.descriptor, bytes("{}"), { verify: false });
      },
    };
    await expectCode({ ...from, registry }, "CONTENT_CORRUPT");
    expect(Math.max(...reads.values())).toBe(2);
  });
});

describe("a source without bounds", () => {
  const children = Array.from({ length: 24_000 }, (_, i) => ({
    mediaType: imageIndex,
    digest: `sha256:${i.toString(16).padStart(64, "0")}`,
    size: 100,
  }));
  const empty = { schemaVersion: 2, manifests: [] };

  it("fails with SIZE_INVALID at an index with a million children", async () => {
    const fake = new FakeRegistry();
    const child = bytes(`{"mediaType":"${imageManifest}","digest":"sha256:${"0".repeat(64)}","size":1},`);
    const size = 1_000_000 * child.length;
    const index = { ...putImage(fake), mediaType: imageIndex, size };
    let served = 0;
    function* children(): Generator<Uint8Array, void, undefined> {
      for (let i = 0; i < 1_000_000; i += 1) {
        served += child.length;
        yield child;
      }
    }
    fake.serve(index, children());
    await expectCode(sourceOf(fake, index), "SIZE_INVALID");
    expect(served).toBe(0);
    // If it states a smaller size, reading stops there.
    fake.serve(index, children());
    fake.state(index, { ...index, size: 1_000_000 });
    await expectCode(sourceOf(fake, index), "CONTENT_CORRUPT");
    expect(served).toBeLessThan(1_001_000);
  });

  it("fails with MANIFEST_INVALID at an index with 24,000 children", async () => {
    const fake = new FakeRegistry();
    const index = fake.putIndex(...children);
    await expectCode(sourceOf(fake, index), "MANIFEST_INVALID", { limits: { references: 23_999 } });
    expect(fake.asked).toHaveLength(1);
    await expectCode(sourceOf(fake, index), "MANIFEST_UNKNOWN");
    expect(fake.asked.length).toBeLessThan(10);
  });

  it.each([
    ["a missing child", children, {}, "MANIFEST_UNKNOWN"],
    ["the limit of manifests", "empty", { manifests: 10 }, "MANIFEST_INVALID"],
    ["the limit of bytes", "huge", {}, "SIZE_INVALID"],
  ] as const)(
    "makes few calls after %s is met at the first of many manifests",
    async (_name, kind, limits, code) => {
      const fake = new FakeRegistry();
      const child = (i: number): Descriptor =>
        kind === "empty"
          ? fake.put({ ...empty, annotations: { i: String(i) } }, imageIndex)
          : putImage(fake, { digest: `sha256:${i.toString(16).padStart(64, "0")}`, size: 2 ** 40 });
      const listed = typeof kind === "string" ? Array.from({ length: 1000 }, (_, i) => child(i)) : kind;
      const source = sourceOf(fake, fake.putIndex(...listed));
      const target = watch(createMemoryRegistry());
      const to = { registry: target.registry, repository, reference: "v1" };
      await expect(copy(source, to, { limits })).rejects.toMatchObject({ code });
      expect(fake.asked.length).toBeLessThan(110);
      expect(target.count("resolveManifest", "resolveTag")).toBeLessThan(110);
    },
  );

  it("reads no manifest above maxManifestBytes", async () => {
    const fake = new FakeRegistry();
    const large = fake.put({ ...empty, annotations: { a: "a".repeat(2_000) } }, imageIndex);
    const options = { maxManifestBytes: 1_000 };
    await expectCode(sourceOf(fake, large), "SIZE_INVALID", options);
    await expectCode(sourceOf(fake, fake.putIndex(large)), "SIZE_INVALID", options);
    const image = putImage(fake);
    const unsupported = {
      referrers: () => {
        throw new RegistryError("UNSUPPORTED");
      },
    };
    fake.tags.set(image.digest.replace(":", "-"), large.digest);
    await expectCode(sourceOf(fake, image, unsupported), "SIZE_INVALID", { ...options, referrers: true });
  });

  it("with 2^30 paths is read and pushed once for each manifest", async () => {
    const fake = new FakeRegistry();
    let level = [fake.putIndex(), putImage(fake)];
    for (let depth = 0; depth < 30; depth += 1)
      level = ["a", "b"].map((a) => fake.put({ ...empty, manifests: level, annotations: { a } }, imageIndex));
    const target = watch(createMemoryRegistry());
    const to = { registry: target.registry, repository, reference: "v1" };
    await copy(sourceOf(fake, fake.putIndex(...level)), to, { referrers: true });
    expect(target.count("pushManifest")).toBe(63);
    expect(fake.asked.filter((digest) => digest.startsWith("sha256:")).length).toBe(63 + 2);
  });

  it("is asked for each of 24,000 children of an unknown media type, which may be blobs", async () => {
    const fake = new FakeRegistry();
    const mediaType = "application/vnd.foo";
    const opaque = fake.putIndex(...children.map((child) => ({ ...child, mediaType })));
    await expectCode(sourceOf(fake, opaque), "BLOB_UNKNOWN");
    expect(fake.asked.length).toBeLessThan(24_010);
  });

  it("fails if it cannot be asked for a child of an unknown media type", async () => {
    const fake = new FakeRegistry();
    const child = fake.put({}, "application/vnd.foo");
    const broken = {
      resolveManifest: async () => {
        throw new RegistryError("STORAGE_FAILED");
      },
    };
    await expectCode(sourceOf(fake, fake.putIndex(child), broken), "STORAGE_FAILED");
  });

  it("fails with MANIFEST_INVALID at 10,000 nested levels, and reads 101 of them", async () => {
    const fake = new FakeRegistry();
    let top = fake.put(empty, imageIndex);
    for (let level = 0; level < 10_000; level += 1) top = fake.putIndex(top);
    await expectCode(sourceOf(fake, top), "MANIFEST_INVALID");
    expect(fake.asked).toHaveLength(101);
    for (const options of [{ platforms: ["linux/amd64"] }, { referrers: true }]) {
      fake.asked.length = 0;
      await expectCode(sourceOf(fake, top), "MANIFEST_INVALID", options);
      expect(fake.asked.length).toBeLessThan(1200);
    }
  });

  it("reads at most the limit of manifests", async () => {
    const fake = new FakeRegistry();
    const children = Array.from({ length: 30 }, (_, i) =>
      fake.put({ ...empty, annotations: { i: `${i}` } }, imageIndex),
    );
    const index = fake.putIndex(...children);
    await expectCode(sourceOf(fake, index), "MANIFEST_INVALID", { limits: { manifests: 30 } });
    expect(fake.asked.length).toBeLessThanOrEqual(30);
    const target = createMemoryRegistry();
    const to = { registry: target, repository, reference: "v1" };
    expect(await copy(sourceOf(fake, index), to, { limits: { manifests: 31 } })).toMatchObject({
      manifests: 31,
    });
  });

  it("reads at most the limit of levels", async () => {
    const fake = new FakeRegistry();
    const top = fake.putIndex(fake.putIndex(putImage(fake)));
    await expectCode(sourceOf(fake, top), "MANIFEST_INVALID", { limits: { depth: 1 } });
    const to = { registry: createMemoryRegistry(), repository, reference: "v1" };
    expect(await copy(sourceOf(fake, top), to, { limits: { depth: 2 } })).toMatchObject({ manifests: 3 });
  });

  it("fails with MANIFEST_INVALID above the limit of references", async () => {
    const fake = new FakeRegistry();
    const index = fake.putIndex(putImage(fake), putImage(fake, { annotations: { a: "b" } }));
    await expectCode(sourceOf(fake, index), "MANIFEST_INVALID", { limits: { references: 5 } });
    const to = { registry: createMemoryRegistry(), repository, reference: "v1" };
    expect(await copy(sourceOf(fake, index), to, { limits: { references: 6 } })).toMatchObject({
      manifests: 3,
    });
  });

  it("fails with SIZE_INVALID if everything is larger than the limit of bytes", async () => {
    const fake = new FakeRegistry();
    const image = putImage(fake);
    const total = image.size + 5 + 2;
    await expectCode(sourceOf(fake, image), "SIZE_INVALID", { limits: { bytes: total - 1 } });
    const to = { registry: createMemoryRegistry(), repository, reference: "v1" };
    expect(await copy(sourceOf(fake, image), to, { limits: { bytes: total } })).toMatchObject({
      manifests: 1,
    });
    const huge = putImage(fake, { size: 2 ** 40 });
    await expectCode(sourceOf(fake, huge), "SIZE_INVALID");
    // The error is about the limit, not about the content.
    await expect(copy(sourceOf(fake, huge), to)).rejects.toMatchObject({ detail: { limit: 2 ** 40 } });
    const fresh = { ...to, registry: createMemoryRegistry() };
    await expect(copy(sourceOf(fake, image), fresh, { limits: { references: 1 } })).rejects.toMatchObject({
      detail: { limit: 1 },
    });
  });

  it("reads at most 16 MiB of nested indexes to leave out platforms", async () => {
    const fake = new FakeRegistry();
    const image = fake.putImage({ os: "linux", architecture: "amd64" });
    const nested = Array.from({ length: 5 }, (_, i) => ({
      ...fake.put({ ...empty, manifests: [image], annotations: { a: `${i}`.repeat(7_000_000) } }, imageIndex),
      platform: { os: "windows", architecture: "amd64" },
    }));
    const index = fake.putIndex({ ...image, platform: { os: "linux", architecture: "amd64" } }, ...nested);
    await expectCode(sourceOf(fake, index), "MANIFEST_INVALID", { platforms: ["linux/amd64"] });
    const reads = fake.asked.filter((digest) => nested.some((it) => it.digest === digest));
    expect(reads).toHaveLength(3);
  });

  it("reads at most the limit of manifests to leave out platforms", async () => {
    const fake = new FakeRegistry();
    const image = fake.putImage({ os: "linux", architecture: "amd64" });
    const nested = Array.from({ length: 30 }, (_, i) => ({
      ...fake.put({ ...empty, annotations: { i: `${i}` } }, imageIndex),
      platform: { os: "windows", architecture: "amd64" },
    }));
    const index = fake.putIndex({ ...image, platform: { os: "linux", architecture: "amd64" } }, ...nested);
    const options = { platforms: ["linux/amd64"], limits: { manifests: 10 } };
    await expectCode(sourceOf(fake, index), "MANIFEST_INVALID", options);
    expect(fake.asked.filter((digest) => nested.some((it) => it.digest === digest))).toHaveLength(10);
  });

  it("reads at most the limit of levels to leave out platforms", async () => {
    const fake = new FakeRegistry();
    const platform = { os: "windows", architecture: "amd64" };
    let nested: object = { ...fake.putIndex(), platform };
    for (let depth = 1; depth < 4; depth += 1) nested = { ...fake.putIndex(nested), platform };
    const image = fake.putImage({ os: "linux", architecture: "amd64" });
    const index = fake.putIndex({ ...image, platform: { os: "linux", architecture: "amd64" } }, nested);
    const platforms = ["linux/amd64"];
    await expectCode(sourceOf(fake, index), "MANIFEST_INVALID", { platforms, limits: { depth: 3 } });
    const to = { registry: createMemoryRegistry(), repository, reference: "v1" };
    const options = { platforms, limits: { depth: 4 } };
    expect(await copy(sourceOf(fake, index), to, options)).toMatchObject({ isRewritten: true });
  });

  it("lists at most the limit of referrers", async () => {
    const fake = new FakeRegistry();
    const image = putImage(fake);
    const referrer = fake.put({ ...empty, subject: image }, imageIndex);
    let listed = 0;
    const endless = {
      async *referrers() {
        for (;;) {
          listed += 1;
          yield referrer;
        }
      },
    };
    await expectCode(sourceOf(fake, image, endless), "MANIFEST_INVALID", { referrers: true });
    expect(listed).toBe(100_001);
  });

  it("reads at most the limit of manifests in a chain of referrers without an end", async () => {
    const fake = new FakeRegistry();
    const image = putImage(fake);
    const chain = {
      async *referrers(_repo: string, digest: string) {
        yield fake.put({ ...empty, subject: { ...image, digest } }, imageIndex);
      },
    };
    const options = { referrers: true, limits: { manifests: 100 } };
    await expectCode(sourceOf(fake, image, chain), "MANIFEST_INVALID", options);
    expect(fake.asked.filter((digest) => digest.startsWith("sha256:"))).toHaveLength(100);
  });

  it("lists at most the limit of tags", async () => {
    const fake = new FakeRegistry();
    let listed = 0;
    const registry = {
      ...sourceOf(fake, putImage(fake)).registry,
      async *tags() {
        for (;;) {
          listed += 1;
          yield `v${listed}`;
        }
      },
    };
    const target = { registry: createMemoryRegistry(), repository };
    await expect(
      sync({ registry, repository }, target, { tags: /^$/, limits: { references: 1000 } }),
    ).rejects.toMatchObject({ code: "MANIFEST_INVALID" });
    expect(listed).toBe(1001);
  });

  it("fails with NAME_INVALID at a tag that is not a tag, or onFailure receives it", async () => {
    const fake = new FakeRegistry();
    const image = putImage(fake);
    const registry = {
      ...sourceOf(fake, image).registry,
      async *tags() {
        yield "../..";
        yield image.digest;
        yield "v1";
      },
    };
    const places = [
      { registry, repository },
      { registry: createMemoryRegistry(), repository },
    ] as const;
    await expect(sync(...places)).rejects.toMatchObject({ code: "NAME_INVALID" });
    const failures: unknown[] = [];
    const onFailure = (...failure: readonly unknown[]): void => {
      failures.push(failure);
    };
    expect(await sync(...places, { onFailure })).toMatchObject([{ tag: "v1" }]);
    expect(failures).toMatchObject([
      ["../..", { code: "NAME_INVALID" }],
      [image.digest, { code: "NAME_INVALID" }],
    ]);
  });
});
