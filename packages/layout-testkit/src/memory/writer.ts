import type {
  BlobDescriptor,
  BlobSource,
  CallOptions,
  Descriptor,
  Precondition,
  PushManifestOptions,
} from "@ocilayout/oci-types";
import { requirePrecondition } from "@ocilayout/oci-backend";
import { verifyStream } from "@ocilayout/oci-types";
import {
  computeDigest,
  octetStream,
  parseManifest,
  readBlobSource,
  RegistryError,
  requireBytes,
  requireCount,
  requireDigest,
  requireObject,
} from "@ocilayout/oci-types";
import { requireRepository } from "@ocilayout/ociref";

import { concatenate, requireTags, unknownBlob } from "./check.ts";
import { checkReferences } from "./references.ts";
import type { MemoryStore, Repository } from "./store.ts";

/** The writing facet of a registry in memory, but for upload sessions. */
export class MemoryWriter {
  readonly #store: MemoryStore;

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  async pushBlob(
    repo: string,
    descriptor: BlobDescriptor,
    content: BlobSource,
    options: CallOptions = {},
  ): Promise<Descriptor> {
    const source = readBlobSource(content, options);
    try {
      const signal = this.#store.begin("write", options);
      requireRepository(repo);
      requireObject(descriptor, "a descriptor");
      const { digest } = requireDigest(descriptor.digest);
      if (descriptor.size !== undefined) requireCount(descriptor.size, "size");
      const chunks: Uint8Array[] = [];
      for await (const chunk of verifyStream(copied(source), { digest, size: descriptor.size }, { signal }))
        chunks.push(chunk);
      signal?.throwIfAborted();
      const bytes = concatenate(chunks);
      this.#store.repository(repo).blobs.set(digest, bytes);
      return { mediaType: octetStream, digest, size: bytes.length };
    } finally {
      await source.return();
    }
  }

  async mountBlob(
    fromRepo: string | undefined,
    toRepo: string,
    digest: string,
    options: CallOptions = {},
  ): Promise<Descriptor> {
    this.#store.begin("write", options);
    if (fromRepo !== undefined) requireRepository(fromRepo);
    requireRepository(toRepo);
    const wanted = requireDigest(digest).digest;
    // Where blobs are shared, any repository has them all (clause 11), also one that is not there.
    const sources = fromRepo === undefined ? [toRepo, ...this.#store.names()] : [fromRepo];
    const content = sources
      .map((name) => this.#store.read(name).blobs.get(wanted))
      .find((it) => it !== undefined);
    if (content === undefined) throw unknownBlob(fromRepo, wanted);
    this.#store.repository(toRepo).blobs.set(wanted, content);
    return { mediaType: octetStream, digest: wanted, size: content.length };
  }

  async pushManifest(
    repo: string,
    content: Uint8Array,
    mediaType: string,
    options: PushManifestOptions = {},
  ): Promise<Descriptor> {
    const { maxManifestBytes, allowSparse } = this.#store.settings;
    const signal = this.#store.begin("write", options);
    const bytes = requireBytes(content, "a manifest").slice();
    requireRepository(repo);
    const tags = requireTags(options.tags);
    const { ifMatch, ifNoneMatch } = options;
    requirePrecondition({ ifMatch, ifNoneMatch }, tags);
    if (bytes.length > maxManifestBytes) {
      throw new RegistryError("SIZE_INVALID", `a manifest may have ${maxManifestBytes} bytes`, {
        detail: { limit: maxManifestBytes },
      });
    }
    const expected = options.digest === undefined ? undefined : requireDigest(options.digest);
    const { digest, size } = await computeDigest(bytes, { algorithm: expected?.algorithm });
    if (expected !== undefined && expected.digest !== digest) {
      throw new RegistryError("DIGEST_INVALID", `the manifest has digest ${digest}, not ${expected.digest}`);
    }
    const parsed = parseManifest(bytes, mediaType);
    // From here on nothing is awaited: what is decided holds when it is done.
    signal?.throwIfAborted();
    const repository = this.#store.read(repo);
    for (const tag of tags) requireCurrent(repository, tag, { ifMatch, ifNoneMatch });
    const known = repository.manifests.get(digest);
    if (known !== undefined && known.mediaType !== parsed.mediaType) {
      throw new RegistryError("MANIFEST_INVALID", `these bytes are stored as ${known.mediaType} already`);
    }
    if (known === undefined) checkReferences(parsed, repository, allowSparse);
    this.#store.keep(repo, repository);
    repository.blobs.set(digest, bytes);
    repository.manifests.set(digest, { mediaType: parsed.mediaType, digest, content: bytes, parsed });
    for (const tag of tags) repository.tags.set(tag, digest);
    return { mediaType: parsed.mediaType, digest, size };
  }
}

/** Copies of chunks: what is verified must be what is kept, whatever becomes of the memory meanwhile. */
async function* copied(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunks) yield chunk.slice();
}

/** Clause 15: refuses the change of a tag that is not as the caller requires. */
export function requireCurrent(
  { tags }: Repository,
  tag: string,
  { ifMatch, ifNoneMatch }: Precondition,
): void {
  const current = tags.get(tag);
  const isRefused =
    (ifMatch === "*" && current === undefined) ||
    (ifMatch !== undefined && ifMatch !== "*" && current !== ifMatch) ||
    (ifNoneMatch === "*" && current !== undefined);
  if (isRefused)
    throw new RegistryError("PRECONDITION_FAILED", `the tag ${tag} is not as required`, {
      detail: { tag, digest: current ?? null },
    });
}
