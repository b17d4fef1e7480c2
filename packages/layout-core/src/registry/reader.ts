import type {
  BlobReader,
  ByteRange,
  CallOptions,
  Descriptor,
  ReadOptions,
  RegistryReader,
} from "@ocilayout/oci-types";
import { createBlobReader, rangeOutside, unknownManifest, unknownTag } from "@ocilayout/oci-backend";
import {
  octetStream,
  RegistryError,
  requireCount,
  requireDigest,
  requireFlag,
  requireObject,
} from "@ocilayout/oci-types";
import { requireRepository, requireTag } from "@ocilayout/ociref";

import { closeQuietly } from "../disk/atomic-file.ts";
import type { OpenBlob } from "../blobs/blob-files.ts";
import { closeWithOwner } from "../disk/disk.ts";
import type { FilePart } from "../blobs/file-chunks.ts";
import { readFileChunks } from "../blobs/file-chunks.ts";
import { storageError } from "../disk/storage-error.ts";
import type { Layout } from "../layout/layout.ts";
import { plainDescriptor } from "../manifests/manifest-graph.ts";
import { isReadable } from "../manifests/manifest-store.ts";

/** How a blob is to be read: the options of the call, checked and complete. */
interface Reading {
  readonly signal: AbortSignal | undefined;
  readonly verify: boolean;
  readonly chunks: "owned" | "reused";
  readonly chunkSize?: number | undefined;
}

/** The reading facet of a layout. */
export class LayoutReader implements RegistryReader {
  readonly #layout: Layout;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  async getBlob(repo: string, digest: string, options: ReadOptions = {}): Promise<BlobReader> {
    const { descriptor, blob, how } = await this.#openBlob(repo, digest, options);
    return this.#read(descriptor, blob, { start: 0, end: blob.size }, how);
  }

  async getBlobRange(
    repo: string,
    digest: string,
    range: ByteRange,
    options: ReadOptions = {},
  ): Promise<BlobReader> {
    const { start, end } = requireRange(range);
    const { descriptor, blob, how } = await this.#openBlob(repo, digest, options);
    const part = { start, end: Math.min(end ?? blob.size, blob.size) };
    if (start > blob.size) {
      await closeQuietly(this.#layout.disk, blob.file);
      throw rangeOutside(blob.size);
    }
    return this.#read(descriptor, blob, part, { ...how, verify: false });
  }

  async getManifest(repo: string, digest: string, options: CallOptions = {}): Promise<BlobReader> {
    const signal = this.#layout.beginRead(options);
    return this.#readManifest(repo, await this.#findManifest(repo, digest, signal), signal);
  }

  async getTag(repo: string, tag: string, options: CallOptions = {}): Promise<BlobReader> {
    const signal = this.#layout.beginRead(options);
    return this.#readManifest(repo, await this.#findTag(repo, tag), signal);
  }

  async resolveBlob(repo: string, digest: string, options: CallOptions = {}): Promise<Descriptor> {
    this.#layout.beginRead(options);
    const wanted = await this.#findBlob(repo, digest);
    try {
      const size = await this.#layout.blobs.size(wanted);
      if (size === undefined) throw this.#layout.blobs.unknown(wanted);
      return { mediaType: octetStream, digest: wanted, size };
    } catch (error) {
      throw storageError(error, "looking for a blob");
    }
  }

  async resolveManifest(repo: string, digest: string, options: CallOptions = {}): Promise<Descriptor> {
    const signal = this.#layout.beginRead(options);
    const descriptor = await this.#findManifest(repo, digest, signal);
    try {
      const size = await this.#layout.blobs.size(descriptor.digest);
      if (size === undefined) throw unknownManifest(repo, descriptor.digest);
      this.#requireServable(repo, descriptor, size);
    } catch (error) {
      throw storageError(error, "looking for a manifest");
    }
    return descriptor;
  }

  async resolveTag(repo: string, tag: string, options: CallOptions = {}): Promise<Descriptor> {
    this.#layout.beginRead(options);
    return this.#findTag(repo, tag);
  }

  async #findTag(repo: string, tag: string): Promise<Descriptor> {
    requireRepository(repo);
    requireTag(tag);
    const [entry] = (await this.#layout.index.read()).tagged(repo, tag);
    if (entry === undefined) throw unknownTag(repo, tag);
    try {
      return await this.#layout.graph.describe(entry);
    } catch (error) {
      throw storageError(error, "reading a manifest");
    }
  }

  async #findBlob(repo: string, digest: string): Promise<Descriptor["digest"]> {
    requireRepository(repo);
    const wanted = requireDigest(digest);
    await this.#layout.index.read();
    return wanted.digest;
  }

  async #openBlob(
    repo: string,
    digest: string,
    options: ReadOptions,
  ): Promise<{ descriptor: Descriptor; blob: OpenBlob; how: Reading }> {
    const signal = this.#layout.beginRead(options);
    const verify = requireFlag(options.verify ?? this.#layout.settings.verifyOnRead, "verify");
    const chunks = requireChunks(options.chunks);
    const chunkSize =
      options.chunkSize === undefined ? undefined : requireCount(options.chunkSize, "chunkSize");
    const wanted = await this.#findBlob(repo, digest);
    const blob = await this.#open(wanted);
    if (blob === undefined) throw this.#layout.blobs.unknown(wanted);
    return {
      descriptor: { mediaType: octetStream, digest: wanted, size: blob.size },
      blob,
      how: { signal, verify, chunks, chunkSize },
    };
  }

  async #findManifest(repo: string, digest: string, signal: AbortSignal | undefined): Promise<Descriptor> {
    requireRepository(repo);
    const wanted = requireDigest(digest);
    const { index, graph } = this.#layout;
    const table = await index.read();
    try {
      const [entry] = table.withDigest(repo, wanted.digest);
      if (entry !== undefined) return await graph.describe(entry);
      await graph.read(table, repo, "indexes", { signal });
      const claimed = graph.claimed(table, repo, wanted.digest);
      const reading = claimed === undefined ? undefined : await graph.store.load(claimed);
      if (reading !== undefined && isReadable(reading)) return plainDescriptor(reading);
      if (reading?.cause !== undefined) throw reading.cause;
      if (reading?.state === "corrupt")
        throw new RegistryError("CONTENT_CORRUPT", `the stored manifest ${wanted.digest} is damaged`);
    } catch (error) {
      throw storageError(error, "reading manifests");
    }
    throw unknownManifest(repo, wanted.digest);
  }

  async #readManifest(
    repo: string,
    descriptor: Descriptor,
    signal: AbortSignal | undefined,
  ): Promise<BlobReader> {
    const blob = await this.#open(descriptor.digest);
    if (blob === undefined) throw unknownManifest(repo, descriptor.digest);
    try {
      this.#requireServable(repo, descriptor, blob.size);
    } catch (error) {
      await closeQuietly(this.#layout.disk, blob.file);
      throw error;
    }
    const { verifyOnRead: verify } = this.#layout.settings;
    return this.#read(descriptor, blob, { start: 0, end: blob.size }, { signal, verify, chunks: "owned" });
  }

  /**
   * Refuses a manifest that is larger than any may be: whoever asks for one reads it whole. It is corrupt if its entry says
   * that it is smaller.
   */
  #requireServable(repo: string, { digest, size }: Descriptor, stored: number): void {
    const { maxManifestBytes } = this.#layout.settings;
    if (stored <= maxManifestBytes) return;
    const detail = { size: stored, limit: maxManifestBytes };
    if (size !== stored)
      throw new RegistryError(
        "CONTENT_CORRUPT",
        `the stored manifest ${digest} has ${stored} bytes, not ${size}`,
        { detail },
      );
    throw new RegistryError(
      "MANIFEST_UNKNOWN",
      `no manifest ${digest} in ${repo}: the stored file is larger than ${maxManifestBytes} bytes`,
      { detail },
    );
  }

  async #open(digest: string): Promise<OpenBlob | undefined> {
    try {
      return await this.#layout.blobs.open(digest);
    } catch (error) {
      throw storageError(error, "opening a blob");
    }
  }

  #read(
    descriptor: Descriptor,
    blob: OpenBlob,
    part: FilePart,
    { signal, verify, chunks, chunkSize }: Reading,
  ): BlobReader {
    const held = { file: blob.file };
    const content = readFileChunks(this.#layout.disk, held, part, { chunks, chunkSize });
    const reader = createBlobReader(descriptor, content, {
      signal,
      verify,
      chunks,
    });
    closeWithOwner(reader, held);
    return reader;
  }
}

function requireChunks(chunks: unknown = "owned"): "owned" | "reused" {
  if (chunks !== "owned" && chunks !== "reused") throw new TypeError('chunks must be "owned" or "reused"');
  return chunks;
}

function requireRange(range: ByteRange): ByteRange {
  requireObject(range, "a range");
  const start = requireCount(range.start, "start");
  const end = range.end === undefined ? undefined : requireCount(range.end, "end");
  if (end === undefined || start <= end) return { start, end };
  throw new RegistryError("RANGE_INVALID", `a range cannot start at ${start} and end at ${end}`);
}
