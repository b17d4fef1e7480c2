import type { BlobReader, ByteRange, CallOptions, Descriptor, RegistryReader } from "@ocilayout/oci-types";
import { createBlobReader, octetStream, RegistryError, requireCount, requireDigest } from "@ocilayout/oci-types";
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
    const { descriptor, content } = this.#findBlob(repo, digest, options);
    return createBlobReader(descriptor, content, { signal: options.signal });
  }

  async getBlobRange(repo: string, digest: string, range: ByteRange, options: CallOptions = {}): Promise<BlobReader> {
    const start = requireCount(range.start, "start");
    const end = range.end === undefined ? Infinity : requireCount(range.end, "end");
    const { descriptor, content } = this.#findBlob(repo, digest, options);
    const { size } = descriptor;
    if (start > end || start > size) {
      throw new RegistryError("RANGE_INVALID", `no range from ${start} to ${end} of ${size} bytes`, { detail: { size } });
    }
    const part = content.subarray(start, Math.min(end, size));
    return createBlobReader(descriptor, part, { signal: options.signal, verify: false });
  }

  async getManifest(repo: string, digest: string, options: CallOptions = {}): Promise<BlobReader> {
    return read(this.#findManifest(repo, digest, options), options);
  }

  async getTag(repo: string, tag: string, options: CallOptions = {}): Promise<BlobReader> {
    return read(this.#findTag(repo, tag, options), options);
  }

  async resolveBlob(repo: string, digest: string, options: CallOptions = {}): Promise<Descriptor> {
    return this.#findBlob(repo, digest, options).descriptor;
  }

  async resolveManifest(repo: string, digest: string, options: CallOptions = {}): Promise<Descriptor> {
    return describe(this.#findManifest(repo, digest, options));
  }

  async resolveTag(repo: string, tag: string, options: CallOptions = {}): Promise<Descriptor> {
    return describe(this.#findTag(repo, tag, options));
  }

  #findBlob(repo: string, digest: string, { signal }: CallOptions): { descriptor: Descriptor; content: Uint8Array } {
    this.#store.begin("read", signal);
    requireRepository(repo);
    const wanted = requireDigest(digest).digest;
    const content = this.#store.read(repo).blobs.get(wanted);
    if (content === undefined) throw unknownBlob(repo, wanted);
    return { descriptor: { mediaType: octetStream, digest: wanted, size: content.length }, content };
  }

  #findManifest(repo: string, digest: string, { signal }: CallOptions): StoredManifest {
    this.#store.begin("read", signal);
    requireRepository(repo);
    const wanted = requireDigest(digest).digest;
    const manifest = this.#store.read(repo).manifests.get(wanted);
    if (manifest === undefined) throw unknownManifest(repo, wanted);
    return manifest;
  }

  #findTag(repo: string, tag: string, { signal }: CallOptions): StoredManifest {
    this.#store.begin("read", signal);
    requireRepository(repo);
    requireTag(tag);
    const { tags, manifests } = this.#store.read(repo);
    const manifest = manifests.get(tags.get(tag) ?? "");
    if (manifest === undefined) throw unknownTag(repo, tag);
    return manifest;
  }
}

function read(manifest: StoredManifest, { signal }: CallOptions): BlobReader {
  return createBlobReader(describe(manifest), manifest.content, { signal });
}

function describe({ mediaType, digest, content }: StoredManifest): Descriptor {
  return { mediaType, digest, size: content.length };
}
