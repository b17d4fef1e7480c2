import type { BlobReader, CallOptions, Descriptor, RegistryReader } from "@ocilayout/oci-types";
import { createBlobReader, octetStream, RegistryError, requireDigest } from "@ocilayout/oci-types";

import { requireRepository, requireTag } from "./check-input.ts";
import type { Entry } from "./entry.ts";
import type { OpenBlob } from "./fs/blob-files.ts";
import { closeWithOwner } from "./fs/disk.ts";
import { readFileChunks } from "./fs/file-chunks.ts";
import { storageError } from "./fs/storage-error.ts";
import type { Layout } from "./layout.ts";

/** The reading facet of a layout. */
export class LayoutReader implements Pick<RegistryReader, "getBlob" | "getManifest" | "getTag" | "resolveTag"> {
  readonly #layout: Layout;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  async getBlob(repo: string, digest: string, options: CallOptions = {}): Promise<BlobReader> {
    this.#layout.beginRead(options);
    requireRepository(repo);
    const wanted = requireDigest(digest);
    await this.#layout.index.read();
    const blob = await this.#open(wanted.digest);
    if (blob === undefined) throw new RegistryError("BLOB_UNKNOWN", `no blob ${wanted.digest}`);
    return this.#read({ mediaType: octetStream, digest: wanted.digest, size: blob.size }, blob, options);
  }

  async getManifest(repo: string, digest: string, options: CallOptions = {}): Promise<BlobReader> {
    this.#layout.beginRead(options);
    requireRepository(repo);
    const wanted = requireDigest(digest);
    const descriptor = await this.#findManifest(repo, wanted.digest);
    if (descriptor === undefined) throw unknownManifest(repo, wanted.digest);
    return this.#readManifest(repo, descriptor, options);
  }

  async getTag(repo: string, tag: string, options: CallOptions = {}): Promise<BlobReader> {
    return this.#readManifest(repo, await this.resolveTag(repo, tag, options), options);
  }

  async resolveTag(repo: string, tag: string, options: CallOptions = {}): Promise<Descriptor> {
    this.#layout.beginRead(options);
    requireRepository(repo);
    requireTag(tag);
    const [entry] = (await this.#layout.index.read()).tagged(repo, tag);
    if (entry === undefined) throw new RegistryError("MANIFEST_UNKNOWN", `no tag ${tag} in ${repo}`);
    return describe(entry);
  }

  async #findManifest(repo: string, digest: string): Promise<Descriptor | undefined> {
    const { index, graph } = this.#layout;
    const table = await index.read();
    const [entry] = table.withDigest(repo, digest);
    if (entry !== undefined) return describe(entry);
    try {
      const contained = await graph.findContained(table.inRepository(repo), digest);
      return contained === undefined ? undefined : describe(contained);
    } catch (error) {
      throw storageError(error, "reading manifests");
    }
  }

  async #readManifest(repo: string, descriptor: Descriptor, options: CallOptions): Promise<BlobReader> {
    const blob = await this.#open(descriptor.digest);
    if (blob === undefined) throw unknownManifest(repo, descriptor.digest);
    return this.#read(descriptor, blob, options);
  }

  async #open(digest: string): Promise<OpenBlob | undefined> {
    try {
      return await this.#layout.blobs.open(digest);
    } catch (error) {
      throw storageError(error, "opening a blob");
    }
  }

  #read(descriptor: Descriptor, blob: OpenBlob, { signal }: CallOptions): BlobReader {
    const { disk, settings } = this.#layout;
    const held = { file: blob.file };
    const chunks = readFileChunks(disk, held, { start: 0, end: blob.size });
    const reader = createBlobReader(descriptor, chunks, { signal, verify: settings.verifyOnRead, freshChunks: true });
    closeWithOwner(reader, held);
    return reader;
  }
}

/** What a caller is told of an entry: nothing but what its manifest is. */
function describe({ mediaType, digest, size }: Pick<Entry, "mediaType" | "digest" | "size">): Descriptor {
  return { mediaType: mediaType === "" ? octetStream : mediaType, digest, size };
}

function unknownManifest(repo: string, digest: string): RegistryError {
  return new RegistryError("MANIFEST_UNKNOWN", `no manifest ${digest} in ${repo}`);
}
