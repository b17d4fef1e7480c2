import type { BlobReader, ByteRange, CallOptions, Descriptor, RegistryReader } from "@ocilayout/oci-types";
import { createBlobReader } from "@ocilayout/oci-backend";
import { octetStream, RegistryError, requireCount, requireDigest, requireObject } from "@ocilayout/oci-types";
import { requireRepository, requireTag } from "@ocilayout/ociref";

import { unknownBlob, unknownManifest, unknownTag } from "./check.ts";
import type { StoredManifest } from "./manifest.ts";
import type { MemoryStore } from "./store.ts";

/** The reading facet of a registry in memory. */
export class MemoryReader implements RegistryReader {
  readonly #store: MemoryStore;

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  async getBlob(repo: string, digest: string, options: CallOptions = {}): Promise<BlobReader> {
    const signal = this.#store.begin("read", options);
    const { descriptor, content } = this.#findBlob(repo, digest);
    return createBlobReader(descriptor, content, { signal });
  }

  async getBlobRange(
    repo: string,
    digest: string,
    range: ByteRange,
    options: CallOptions = {},
  ): Promise<BlobReader> {
    const signal = this.#store.begin("read", options);
    requireObject(range, "a range");
    const start = requireCount(range.start, "start");
    const end = range.end === undefined ? Infinity : requireCount(range.end, "end");
    const { descriptor, content } = this.#findBlob(repo, digest);
    const { size } = descriptor;
    if (start > end || start > size) {
      throw new RegistryError("RANGE_INVALID", `no range from ${start} to ${end} of ${size} bytes`, {
        detail: { size },
      });
    }
    const part = content.subarray(start, Math.min(end, size));
    return createBlobReader(descriptor, part, { signal, verify: false });
  }

  async getManifest(repo: string, digest: string, options: CallOptions = {}): Promise<BlobReader> {
    const signal = this.#store.begin("read", options);
    return read(this.#findManifest(repo, digest), signal);
  }

  async getTag(repo: string, tag: string, options: CallOptions = {}): Promise<BlobReader> {
    const signal = this.#store.begin("read", options);
    return read(this.#findTag(repo, tag), signal);
  }

  async resolveBlob(repo: string, digest: string, options: CallOptions = {}): Promise<Descriptor> {
    this.#store.begin("read", options);
    return this.#findBlob(repo, digest).descriptor;
  }

  async resolveManifest(repo: string, digest: string, options: CallOptions = {}): Promise<Descriptor> {
    this.#store.begin("read", options);
    return describe(this.#findManifest(repo, digest));
  }

  async resolveTag(repo: string, tag: string, options: CallOptions = {}): Promise<Descriptor> {
    this.#store.begin("read", options);
    return describe(this.#findTag(repo, tag));
  }

  #findBlob(repo: string, digest: string): { descriptor: Descriptor; content: Uint8Array } {
    requireRepository(repo);
    const wanted = requireDigest(digest).digest;
    const content = this.#store.read(repo).blobs.get(wanted);
    if (content === undefined) throw unknownBlob(repo, wanted);
    return { descriptor: { mediaType: octetStream, digest: wanted, size: content.length }, content };
  }

  #findManifest(repo: string, digest: string): StoredManifest {
    requireRepository(repo);
    const wanted = requireDigest(digest).digest;
    const manifest = this.#store.read(repo).manifests.get(wanted);
    if (manifest === undefined) throw unknownManifest(repo, wanted);
    return manifest;
  }

  #findTag(repo: string, tag: string): StoredManifest {
    requireRepository(repo);
    requireTag(tag);
    const { tags, manifests } = this.#store.read(repo);
    const manifest = manifests.get(tags.get(tag) ?? "");
    if (manifest === undefined) throw unknownTag(repo, tag);
    return manifest;
  }
}

function read(manifest: StoredManifest, signal: AbortSignal | undefined): BlobReader {
  return createBlobReader(describe(manifest), manifest.content, { signal });
}

function describe({ mediaType, digest, content }: StoredManifest): Descriptor {
  return { mediaType, digest, size: content.length };
}
