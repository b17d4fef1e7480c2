import type { BlobDescriptor, BlobSource, CallOptions, Descriptor, Precondition, PushManifestOptions } from "@ocilayout/oci-types";
import {
  computeDigest,
  octetStream,
  parseManifest,
  readBlobSource,
  RegistryError,
  requireBytes,
  requireDigest,
  verifyStream,
} from "@ocilayout/oci-types";

import { requireCount, requirePrecondition, requireRepository, requireTag } from "./check.ts";
import { checkReferences } from "./references.ts";
import type { MemoryStore, Repository } from "./store.ts";

/** The writing facet of a registry in memory, but for upload sessions. */
export class MemoryWriter {
  readonly #store: MemoryStore;

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  async pushBlob(repo: string, descriptor: BlobDescriptor, content: BlobSource, options: CallOptions = {}): Promise<Descriptor> {
    const { signal } = options;
    const source = readBlobSource(content, { signal });
    try {
      this.#store.begin("write", signal);
      requireRepository(repo);
      const { digest } = requireDigest(descriptor.digest);
      if (descriptor.size !== undefined) requireCount(descriptor.size, "size");
      const chunks: Uint8Array[] = [];
      for await (const chunk of verifyStream(source, { digest, size: descriptor.size }, { signal })) chunks.push(chunk.slice());
      signal?.throwIfAborted();
      const bytes = concatenate(chunks);
      this.#store.repository(repo).blobs.set(digest, bytes);
      return { mediaType: octetStream, digest, size: bytes.length };
    } finally {
      await source.return();
    }
  }

  async mountBlob(fromRepo: string | undefined, toRepo: string, digest: string, options: CallOptions = {}): Promise<Descriptor> {
    this.#store.begin("write", options.signal);
    if (fromRepo !== undefined) requireRepository(fromRepo);
    requireRepository(toRepo);
    const wanted = requireDigest(digest).digest;
    // Where blobs are shared, any repository has them all (clause 11), also one that is not there.
    const sources = fromRepo === undefined ? [toRepo, ...this.#store.names()] : [fromRepo];
    const content = sources.map((name) => this.#store.read(name).blobs.get(wanted)).find((it) => it !== undefined);
    if (content === undefined) throw new RegistryError("BLOB_UNKNOWN");
    this.#store.repository(toRepo).blobs.set(wanted, content);
    return { mediaType: octetStream, digest: wanted, size: content.length };
  }

  async pushManifest(repo: string, content: Uint8Array, mediaType: string, options: PushManifestOptions = {}): Promise<Descriptor> {
    const { maxManifestBytes, allowSparse } = this.#store.settings;
    this.#store.begin("write", options.signal);
    const bytes = requireBytes(content, "a manifest").slice();
    requireRepository(repo);
    const tags = [...new Set(options.tags)].map((tag) => requireTag(tag));
    requirePrecondition(options, tags);
    if (bytes.length > maxManifestBytes) throw new RegistryError("SIZE_INVALID");
    const expected = options.digest === undefined ? undefined : requireDigest(options.digest);
    const { digest, size } = await computeDigest(bytes, { algorithm: expected?.algorithm });
    if (expected !== undefined && expected.digest !== digest) throw new RegistryError("DIGEST_INVALID");
    const parsed = parseManifest(bytes, mediaType);
    options.signal?.throwIfAborted();
    // From here on nothing is awaited: what is decided holds when it is done.
    this.#store.begin("write", options.signal);
    const repository = this.#store.repository(repo);
    for (const tag of tags) requireCurrent(repository, tag, options);
    const known = repository.manifests.get(digest);
    if (known !== undefined && known.mediaType !== parsed.mediaType) {
      throw new RegistryError("MANIFEST_INVALID", `these bytes are stored as ${known.mediaType} already`);
    }
    if (known === undefined) checkReferences(parsed, repository, allowSparse);
    repository.blobs.set(digest, bytes);
    repository.manifests.set(digest, { mediaType: parsed.mediaType, digest, content: bytes, parsed });
    for (const tag of tags) repository.tags.set(tag, digest);
    return { mediaType: parsed.mediaType, digest, size };
  }
}

/** Clause 15: refuses the change of a tag that is not as the caller requires. */
export function requireCurrent({ tags }: Repository, tag: string, { ifMatch, ifNoneMatch }: Precondition): void {
  const current = tags.get(tag);
  const isRefused =
    (ifMatch === "*" && current === undefined) ||
    (ifMatch !== undefined && ifMatch !== "*" && current !== ifMatch) ||
    (ifNoneMatch === "*" && current !== undefined);
  if (isRefused) throw new RegistryError("PRECONDITION_FAILED", undefined, { detail: { tag, digest: current ?? null } });
}

/** The chunks in one piece. */
export function concatenate(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
