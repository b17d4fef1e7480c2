import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import {
  ociMediaTypes,
  RegistryError,
  type Descriptor,
  type Registry,
  type RegistryErrorCode,
} from "@ocilayout/oci-types";
import { bytes, descriptorOf } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { copy, type CopyProgress } from "../../src/index.ts";
import { FakeRegistry } from "../fake-registry.ts";
import { pushImage, repository } from "./content.ts";
import { expectCode, putImage, sourceOf } from "./hostile.ts";
import { watch, writes } from "./watch.ts";

const { imageManifest, imageIndex } = ociMediaTypes;

describe("a source that lies about a manifest", () => {
  const lies: readonly (readonly [lie: string, code: RegistryErrorCode, change: object])[] = [
    ["a size that is too small", "CONTENT_CORRUPT", { size: 10 }],
    ["a size that is too large", "CONTENT_CORRUPT", { size: 10_000 }],
    ["a size above the maximum", "SIZE_INVALID", { size: 8 * 1024 * 1024 + 1 }],
    ["the size NaN", "SIZE_INVALID", { size: NaN }],
    ["a negative size", "SIZE_INVALID", { size: -1 }],
    ["a size that is text", "SIZE_INVALID", { size: "100" }],
    ["another media type", "MANIFEST_INVALID", { mediaType: imageIndex }],
    ["an invalid media type", "MANIFEST_INVALID", { mediaType: "image" }],
    ["no media type", "MANIFEST_INVALID", { mediaType: undefined }],
  ];

  it.each(lies)("and states %s fails with %s", async (_, code, change) => {
    const fake = new FakeRegistry();
    const image = putImage(fake);
    const index = fake.putIndex(image);
    fake.state(image, { ...image, ...change });
    await expectCode(sourceOf(fake, image), code);
    await expectCode(sourceOf(fake, index), code);
  });

  it.each([
    ["too small", 10],
    ["too large", 10_000],
  ])("and lists it with a size that is %s fails with MANIFEST_INVALID", async (_, size) => {
    const fake = new FakeRegistry();
    const index = fake.putIndex({ ...putImage(fake), size });
    await expectCode(sourceOf(fake, index), "MANIFEST_INVALID");
  });

  it("and lists an image as an index, or an index as an image, fails with MANIFEST_INVALID", async () => {
    const fake = new FakeRegistry();
    const image = putImage(fake);
    const index = fake.putIndex(image);
    for (const child of [
      { ...image, mediaType: imageIndex },
      { ...index, mediaType: imageManifest },
      { ...index, mediaType: "application/vnd.foo" },
    ])
      await expectCode(sourceOf(fake, fake.putIndex(child)), "MANIFEST_INVALID");
  });

  it("and lists a blob as an index fails with MANIFEST_INVALID", async () => {
    const fake = new FakeRegistry();
    const blob = fake.put([1, 2, 3], imageIndex);
    await expectCode(sourceOf(fake, fake.putIndex(blob)), "MANIFEST_INVALID");
  });

  it("and serves another one for its digest fails with CONTENT_CORRUPT", async () => {
    const fake = new FakeRegistry();
    const image = putImage(fake);
    const other = fake.put({ schemaVersion: 2, manifests: [] }, imageIndex, image.digest);
    await expectCode(sourceOf(fake, other), "CONTENT_CORRUPT");
    await expectCode(sourceOf(fake, fake.putIndex(other)), "CONTENT_CORRUPT");
  });

  it("and claims that an index contains itself fails with CONTENT_CORRUPT", async () => {
    const fake = new FakeRegistry();
    const digest = `sha256:${"0".repeat(64)}` as const;
    const size = 290;
    const document = { schemaVersion: 2, manifests: [{ mediaType: imageIndex, digest, size }] };
    const cycle = fake.put(document, imageIndex, digest);
    await expectCode(sourceOf(fake, cycle), "CONTENT_CORRUPT");
    await expectCode(sourceOf(fake, fake.putIndex(cycle)), "CONTENT_CORRUPT");
  });

  it("and lists a digest that cannot be verified fails with DIGEST_INVALID", async () => {
    const fake = new FakeRegistry();
    const child = { ...putImage(fake), digest: `blake3:${"0".repeat(64)}` };
    await expectCode(sourceOf(fake, fake.putIndex(child)), "DIGEST_INVALID");
    await expectCode(sourceOf(fake, putImage(fake, { digest: child.digest })), "DIGEST_INVALID");
  });

  it("and serves a body without an end reads one chunk more than its size", async () => {
    const fake = new FakeRegistry();
    const image = putImage(fake);
    let served = 0;
    fake.serve(
      image,
      (function* () {
        for (;;) {
          served += 64;
          yield new Uint8Array(64);
        }
      })(),
    );
    await expectCode(sourceOf(fake, image), "CONTENT_CORRUPT");
    expect(served).toBeLessThanOrEqual(image.size + 2 * 64);
  });
});

describe("a source that lies about a reference", () => {
  it.each([
    ["a malformed digest", { digest: "sha256:1" }, "DIGEST_INVALID"],
    ["no digest", { digest: undefined }, "DIGEST_INVALID"],
    ["a digest of another algorithm", { digest: `blake3:${"0".repeat(64)}` }, "DIGEST_INVALID"],
    ["the size NaN", { size: NaN }, "SIZE_INVALID"],
    ["no media type", { mediaType: 1 }, "MANIFEST_INVALID"],
  ] as const)("and states %s for a tag fails with a code", async (_, change, code) => {
    const fake = new FakeRegistry();
    const stated = { ...putImage(fake), ...change };
    await expectCode(sourceOf(fake, stated), code);
    // Also if nothing else is asked, because the target has everything.
    const place = {
      registry: createMemoryRegistry(),
      repository,
      reference: descriptorOf(bytes("1")).digest,
    };
    await expect(copy(sourceOf(fake, stated), place)).rejects.toMatchObject({ code });
  });

  it.each([null, undefined, "sha256:1"])("and resolves a tag to %j fails with a code", async (stated) => {
    await expectCode(sourceOf(new FakeRegistry(), stated), "MANIFEST_INVALID");
  });

  it("and resolves a digest to another manifest gets the digest that was requested copied", async () => {
    const [memory, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const wanted = await pushImage(memory, "wanted");
    const other = await pushImage(memory, "other");
    const registry: Registry = { ...memory, resolveManifest: async () => other };
    await copy(
      { registry, repository, reference: wanted.digest },
      { registry: target, repository, reference: "v1" },
    );
    expect((await target.resolveTag(repository, "v1")).digest).toBe(wanted.digest);
  });

  it("and moves the tag between two reads gets the first manifest copied", async () => {
    const [memory, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const [one, two] = [await pushImage(memory, "1"), await pushImage(memory, "2")];
    let resolved = 0;
    const registry: Registry = { ...memory, resolveTag: async () => (resolved++ === 0 ? one : two) };
    const from = { registry, repository, reference: "v1" };
    await copy(from, { registry: target, repository, reference: "v1" });
    expect((await target.resolveTag(repository, "v1")).digest).toBe(one.digest);
  });
});

describe("a source that lies about a blob", () => {
  it.each([
    ["too small", 4],
    ["too large", 6],
    ["much too large", 2 ** 40 - 1000],
    ["zero", 0],
  ])("whose size in the manifest is %s fails with CONTENT_CORRUPT", async (_, size) => {
    const fake = new FakeRegistry();
    const from = sourceOf(fake, putImage(fake, { size }));
    await expectCode(from, "CONTENT_CORRUPT");
    const to = { registry: createMemoryRegistry(), repository, reference: "v1" };
    await expect(copy(from, to)).rejects.toMatchObject({ cause: { code: "SIZE_INVALID" } });
  });

  it("whose content has another digest fails with CONTENT_CORRUPT", async () => {
    const fake = new FakeRegistry();
    const image = putImage(fake);
    fake.serve(descriptorOf(bytes("layer")), bytes("LAYER"));
    await expectCode(sourceOf(fake, image), "CONTENT_CORRUPT");
  });

  it("whose content has no end reads at most one chunk more than its size", async () => {
    const fake = new FakeRegistry();
    const image = putImage(fake);
    let served = 0;
    fake.serve(
      descriptorOf(bytes("layer")),
      (function* () {
        for (;;) {
          served += 1;
          yield bytes("l");
        }
      })(),
    );
    await expectCode(sourceOf(fake, image), "CONTENT_CORRUPT");
    expect(served).toBeLessThanOrEqual(7);
  });

  it("has its readers closed, also after a failure", async () => {
    const fake = new FakeRegistry();
    const to = { registry: createMemoryRegistry(), repository, reference: "v1" };
    await copy(sourceOf(fake, putImage(fake)), to);
    await expectCode(sourceOf(fake, putImage(fake, { size: 4 })), "CONTENT_CORRUPT");
    const failing = {
      ...createMemoryRegistry(),
      pushBlob: async () => {
        throw new RegistryError("STORAGE_FAILED");
      },
    };
    const place = { ...to, registry: failing };
    await expect(copy(sourceOf(fake, putImage(fake)), place)).rejects.toMatchObject({
      code: "STORAGE_FAILED",
    });
    expect(fake.open).toBe(0);
  });

  it("whose content is too long reports no more progress than its size", async () => {
    const fake = new FakeRegistry();
    const reports: CopyProgress[] = [];
    const onProgress = (report: CopyProgress): void => {
      reports.push(report);
    };
    await expectCode(sourceOf(fake, putImage(fake, { size: 4 })), "CONTENT_CORRUPT", {
      onProgress,
      concurrency: 1,
    });
    expect(reports.map(({ bytes: read }) => read)).toEqual([2, 2, 5]);
    expect(reports.at(-1)?.doneBytes).toBe(2 + 4);
  });

  it("is verified by its manifest, whatever its reader states", async () => {
    const fake = new FakeRegistry();
    const image = putImage(fake);
    const layer = descriptorOf(bytes("layer"));
    for (const stated of [null, { size: NaN }, { ...layer, size: 1 }]) {
      fake.serve(layer, bytes("layer"));
      fake.state(layer, stated);
      const target = createMemoryRegistry();
      await copy(sourceOf(fake, image), { registry: target, repository, reference: "v1" });
      expect(await (await target.getBlob(repository, layer.digest)).text()).toBe("layer");
    }
  });

  it("with two sizes in two manifests fails with MANIFEST_INVALID before a write", async () => {
    const fake = new FakeRegistry();
    const index = fake.putIndex(putImage(fake), putImage(fake, { size: 6 }));
    const target = watch(createMemoryRegistry());
    const to = { registry: target.registry, repository, reference: "v1" };
    await expect(copy(sourceOf(fake, index), to)).rejects.toMatchObject({ code: "MANIFEST_INVALID" });
    expect(target.count(...writes)).toBe(0);
  });

  it("whose size is not that of the target's blob fails with CONTENT_CORRUPT", async () => {
    const fake = new FakeRegistry();
    const image = putImage(fake, { size: 6 });
    const target = watch(createMemoryRegistry());
    await target.registry.pushBlob(repository, descriptorOf(bytes("layer")), bytes("layer"));
    const to = { registry: target.registry, repository, reference: "v1" };
    await expect(copy(sourceOf(fake, image), to)).rejects.toMatchObject({ code: "CONTENT_CORRUPT" });
    expect(target.count("pushManifest")).toBe(0);
  });
});

describe("a source that lies about referrers", () => {
  it.each([
    ["null", null, "MANIFEST_INVALID"],
    ["a malformed digest", { digest: "sha256:1" }, "DIGEST_INVALID"],
    ["a digest that is a number", { digest: 1 }, "DIGEST_INVALID"],
    ["the size NaN", { size: NaN }, "SIZE_INVALID"],
    ["another size", { size: 1 }, "MANIFEST_INVALID"],
    ["another kind", { mediaType: imageManifest }, "MANIFEST_INVALID"],
    ["a missing manifest", { digest: `sha256:${"0".repeat(64)}` }, "MANIFEST_UNKNOWN"],
  ] as const)("and lists %s fails with a code", async (_, change, code) => {
    const fake = new FakeRegistry();
    const image = putImage(fake);
    const referrer = fake.put({ schemaVersion: 2, manifests: [], subject: image }, imageIndex);
    const stated = change === null ? null : { ...referrer, ...change };
    const listing = {
      async *referrers() {
        yield stated as Descriptor;
      },
    };
    await expectCode(sourceOf(fake, image, listing), code, { referrers: true });
    const tags = {
      resolveTag: async (_repo: string, tag: string) => (tag === "v1" ? image : (stated as Descriptor)),
    };
    await expectCode(sourceOf(fake, image, tags), code, { referrers: true });
  });
});
