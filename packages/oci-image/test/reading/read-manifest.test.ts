import { openLayout } from "@ocilayout/layout-core";
import {
  dockerMediaTypes,
  isRegistryError,
  ociMediaTypes,
  type Descriptor,
  type RegistryReader,
} from "@ocilayout/oci-types";
import { artifact, bytes, descriptorOf, freshLayout, imageIndex, probe, rejection } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { readManifest, type Place } from "../../src/index.ts";
import { FakeRegistry } from "../fake-registry.ts";

const { imageManifest, imageIndex: indexType } = ociMediaTypes;

const other = `sha256:${"0".repeat(64)}` as const;
const unsupported = `blake3:${"a".repeat(64)}` as const;
const document = { schemaVersion: 2, manifests: [] };

describe("readManifest", () => {
  it.each([
    ["image", artifact("one"), imageManifest],
    ["image", artifact("one", { mediaType: dockerMediaTypes.manifest }), dockerMediaTypes.manifest],
    ["index", imageIndex(), indexType],
    ["opaque", bytes("any bytes"), "application/x-thing"],
    ["opaque", bytes("{}"), "application/json"],
  ])(
    "reads content of the kind %s by tag and by digest, with its exact bytes",
    async (kind, content, mediaType) => {
      await using registry = await openLayout(freshLayout(), { allowSparse: true });
      const pushed = await registry.pushManifest("a", content, mediaType, { tags: ["v1"] });
      for (const reference of ["v1", pushed.digest]) {
        const read = await readManifest({ registry, repository: "a", reference });
        expect(read).toEqual({
          kind,
          descriptor: pushed,
          bytes: content,
          ...(kind === "opaque"
            ? {}
            : { document: JSON.parse(new TextDecoder().decode(content)) as unknown }),
        });
        expect("document" in read).toBe(kind !== "opaque");
      }
    },
  );

  it("verifies content by sha512", async () => {
    await using registry = await openLayout(freshLayout());
    const content = imageIndex();
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-512", content));
    const digest = `sha512:${Buffer.from(hash).toString("hex")}`;
    await registry.pushManifest("a", content, indexType, { digest });
    expect(await readManifest({ registry, repository: "a", reference: digest })).toMatchObject({
      descriptor: { digest },
    });
  });

  it("strips the parameters of the media type", async () => {
    const fake = new FakeRegistry();
    const { descriptor } = await readManifest(fake.tagged(fake.put(document, `${indexType}; charset=utf-8`)));
    expect(descriptor.mediaType).toBe(indexType);
  });

  it("has a descriptor with only the media type, the digest and the size", async () => {
    const fake = new FakeRegistry();
    const index = fake.putIndex();
    fake.state(index, { ...index, platform: { os: "linux", architecture: "arm" }, annotations: { a: "b" } });
    expect((await readManifest(fake.tagged(index))).descriptor).toStrictEqual(index);
  });

  it("fails with MANIFEST_UNKNOWN if the tag or the digest is missing", async () => {
    await using registry = await openLayout(freshLayout());
    await registry.pushManifest("a", imageIndex(), indexType);
    for (const reference of ["v1", other])
      expect(await rejection(readManifest({ registry, repository: "a", reference }))).toMatchObject({
        code: "MANIFEST_UNKNOWN",
      });
  });

  it("reads a manifest of exactly maxManifestBytes, and fails with SIZE_INVALID beyond", async () => {
    const fake = new FakeRegistry();
    const index = fake.putIndex();
    const { size } = index;
    expect((await readManifest(fake.at(index), { maxManifestBytes: size })).bytes).toHaveLength(size);
    expect(await rejection(readManifest(fake.at(index), { maxManifestBytes: size - 1 }))).toMatchObject({
      code: "SIZE_INVALID",
      detail: { received: size, limit: size - 1 },
    });
  });

  // clause 1
  it.each([-1, NaN, 0.5])(
    "rejects a limit of %d bytes with a RangeError, before it reads",
    async (maxManifestBytes) => {
      const fake = new FakeRegistry();
      expect(await rejection(readManifest(fake.at("v1"), { maxManifestBytes }))).toBeInstanceOf(RangeError);
      expect(fake.asked).toEqual([]);
    },
  );

  it("rejects an invalid place before it reads", async () => {
    const fake = new FakeRegistry();
    expect(await rejection(readManifest(fake.at("no tag")))).toMatchObject({ code: "NAME_INVALID" });
    expect(await rejection(readManifest(fake.at("sha256:abc")))).toMatchObject({ code: "DIGEST_INVALID" });
    expect(fake.asked).toEqual([]);
  });

  // clause 3
  it("returns content that belongs to the caller", async () => {
    const fake = new FakeRegistry();
    const index = fake.putIndex();
    const first = await readManifest(fake.at(index));
    first.bytes.fill(0);
    Object.assign(first.descriptor, { digest: other });
    if (first.kind === "index") Object.assign(first.document, { manifests: "none" });
    expect(await readManifest(fake.at(index))).toMatchObject({ kind: "index", descriptor: index, document });
  });
});

/** Returns the code of the error of `readManifest`, or `"read"`. */
async function codeOf(at: Place<RegistryReader>): Promise<string> {
  try {
    await readManifest(at);
    return "read";
  } catch (error) {
    if (isRegistryError(error)) return error.code;
    throw error;
  }
}

describe("readManifest over a registry that lies", () => {
  /** Reads the tag and the digest of an index whose readers state `change`, and returns both codes. */
  async function codesFor(change: object): Promise<readonly string[]> {
    const fake = new FakeRegistry();
    const index = fake.putIndex();
    fake.state(index, { ...index, ...change });
    const places = [fake.tagged(index), fake.at(index)];
    const codes = await Promise.all(places.map(codeOf));
    expect(fake.open).toBe(0);
    return codes;
  }

  it.each([
    [{ size: undefined }, "SIZE_INVALID"],
    [{ size: null }, "SIZE_INVALID"],
    [{ size: "31" }, "SIZE_INVALID"],
    [{ size: NaN }, "SIZE_INVALID"],
    [{ size: -1 }, "SIZE_INVALID"],
    [{ size: 0.5 }, "SIZE_INVALID"],
    [{ size: Infinity }, "SIZE_INVALID"],
    [{ size: Number.MAX_SAFE_INTEGER }, "SIZE_INVALID"],
    [{ size: 2 ** 60 }, "SIZE_INVALID"],
    [{ size: {} }, "SIZE_INVALID"],
    [{ size: 0 }, "CONTENT_CORRUPT"],
    [{ size: 1 }, "CONTENT_CORRUPT"],
    [{ size: 1000 }, "CONTENT_CORRUPT"],
    [{ mediaType: undefined }, "MANIFEST_INVALID"],
    [{ mediaType: null }, "MANIFEST_INVALID"],
    [{ mediaType: 7 }, "MANIFEST_INVALID"],
    [{ mediaType: "" }, "MANIFEST_INVALID"],
    [{ mediaType: "text" }, "MANIFEST_INVALID"],
    [{ mediaType: imageManifest }, "MANIFEST_INVALID"],
  ])("fails with a code if it states %j: %s", async (change, code) => {
    expect(await codesFor(change)).toEqual([code, code]);
  });

  it.each([undefined, null, 7, "", "text", "sha256:", "sha256:abc", unsupported, {}, ["sha256:a"]])(
    "fails with DIGEST_INVALID if a tag has the digest %j",
    async (digest) => {
      expect(await codesFor({ digest })).toEqual(["DIGEST_INVALID", "read"]);
    },
  );

  it("fails with CONTENT_CORRUPT if the content of a tag does not match its digest", async () => {
    expect(await codesFor({ digest: other })).toEqual(["CONTENT_CORRUPT", "read"]);
  });

  it.each([undefined, null, "text", []])(
    "fails with a code if the descriptor of its reader is %j",
    async (stated) => {
      const fake = new FakeRegistry();
      const index = fake.putIndex();
      fake.state(index, stated);
      expect(await rejection(readManifest(fake.tagged(index)))).toMatchObject({ code: "DIGEST_INVALID" });
      expect(await rejection(readManifest(fake.at(index)))).toMatchObject({ code: "SIZE_INVALID" });
      expect(fake.open).toBe(0);
    },
  );

  it("returns the digest that was asked for, whatever digest the reader states", async () => {
    const fake = new FakeRegistry();
    const index = fake.putIndex();
    fake.state(index, { ...index, digest: other });
    expect((await readManifest(fake.at(index))).descriptor.digest).toBe(index.digest);
  });

  it("fails with CONTENT_CORRUPT if the content has another digest than asked for", async () => {
    const fake = new FakeRegistry();
    const index = fake.put(document, indexType, other);
    for (const at of [fake.at(index), fake.tagged(index)])
      expect(await rejection(readManifest(at))).toMatchObject({ code: "CONTENT_CORRUPT" });
  });

  it("reads at most one chunk of an endless body past the stated size", async () => {
    const fake = new FakeRegistry();
    let count = 0;
    const endless = (async function* () {
      for (;;) {
        count += 1;
        yield new Uint8Array(100);
      }
    })();
    const index = fake.serve({ mediaType: indexType, digest: other, size: 250 }, endless);
    expect(await rejection(readManifest(fake.at(index)))).toMatchObject({ code: "CONTENT_CORRUPT" });
    expect(count).toBeLessThanOrEqual(4);
    expect(fake.open).toBe(0);
  });

  it("does not read content that is stated too large", async () => {
    const fake = new FakeRegistry();
    const source = probe([]);
    const index = fake.serve({ mediaType: indexType, digest: other, size: 8 * 1024 * 1024 + 1 }, source);
    expect(await rejection(readManifest(fake.at(index)))).toMatchObject({ code: "SIZE_INVALID" });
    expect(source.log).not.toContain("next");
  });

  it.each([
    ["an index with a million children", `{"schemaVersion":2,"manifests":[${"{},".repeat(999_999)}{}]}`],
    ["nesting of a million levels", `{"schemaVersion":2,"manifests":${"[".repeat(1_000_000)}`],
    ["text that is not JSON", "no JSON"],
    ["an array", "[]"],
    ["an image manifest", JSON.stringify({ schemaVersion: 2, config: {}, layers: [] })],
    [
      "a child with an invalid digest",
      '{"schemaVersion":2,"manifests":[{"mediaType":"a/b","digest":"x","size":1}]}',
    ],
    [
      "a child with a negative size",
      '{"schemaVersion":2,"manifests":[{"mediaType":"a/b","digest":"a:b","size":-1}]}',
    ],
  ])("fails with MANIFEST_INVALID for an index that is %s", async (_name, text) => {
    const fake = new FakeRegistry();
    const index = fake.serve(descriptorOf(bytes(text), indexType), bytes(text));
    expect(await rejection(readManifest(fake.tagged(index)))).toMatchObject({ code: "MANIFEST_INVALID" });
  });

  it("does not repeat hostile text in a message", async () => {
    const hostile = `\u001b[2J\n${"x".repeat(100_000)}`;
    const fake = new FakeRegistry();
    const index = fake.putIndex();
    for (const name of ["size", "mediaType", "digest"]) {
      fake.state(index, { ...index, [name]: hostile });
      const { message } = (await rejection(readManifest(fake.tagged(index)))) as Error;
      expect(message).toMatch(/^[^\p{Cc}]{1,300}$/u);
    }
  });

  it("reports the error of reading, and verified content, if the reader cannot be closed", async () => {
    const fake = new FakeRegistry();
    const [good, bad] = [fake.putIndex(), fake.put(document, indexType, other)];
    const getManifest: RegistryReader["getManifest"] = async (...call) => {
      const reader = await fake.registry.getManifest(...call);
      return Object.assign(reader, { close: () => Promise.reject(new Error("stuck")) });
    };
    const at = (of: Descriptor): Place<RegistryReader> => ({
      ...fake.at(of),
      registry: { ...fake.registry, getManifest },
    });
    expect(await readManifest(at(good))).toMatchObject({ kind: "index" });
    expect(await rejection(readManifest(at(bad)))).toMatchObject({ code: "CONTENT_CORRUPT" });
  });

  it("passes on what the registry throws", async () => {
    const failure = new Error("no network");
    const fake = new FakeRegistry();
    const registry = { ...fake.registry, getTag: () => Promise.reject(failure) };
    expect(await rejection(readManifest({ ...fake.at("v1"), registry }))).toBe(failure);
  });
});
