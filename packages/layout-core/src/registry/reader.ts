import type { Backend, OpenContent } from "@ocilayout/oci-backend";
import type { CheckedDigest, Descriptor } from "@ocilayout/oci-types";
import { RegistryError } from "@ocilayout/oci-types";
import { markUnshared } from "@ocilayout/oci-types/authors";

import type { OpenBlob } from "../blobs/blob-files.ts";
import { readFileChunks } from "../blobs/file-chunks.ts";
import { closeQuietly } from "../disk/atomic-file.ts";
import type { HeldFile } from "../disk/disk.ts";
import { closeWithOwner } from "../disk/disk.ts";
import { storageError } from "../disk/storage-error.ts";
import type { Layout } from "../layout/layout.ts";
import { plainDescriptor } from "../manifests/manifest-graph.ts";
import { isReadable } from "../manifests/manifest-store.ts";

type Reading = "openBlob" | "sizeOfBlob" | "findManifest" | "findTag" | "openManifest" | "resolveManifest";

/** Implements the reads of a backend on a layout. */
export function readerOf(layout: Layout): Required<Pick<Backend, Reading>> {
  return {
    async openBlob({ digest, chunks, chunkSize }) {
      await layout.index.read();
      const blob = await open(layout, digest);
      if (blob === undefined) throw layout.blobs.unknown(digest);
      return contentOf(layout, blob, chunks, chunkSize);
    },
    async sizeOfBlob({ digest }) {
      await layout.index.read();
      try {
        const size = await layout.blobs.size(digest);
        if (size === undefined) throw layout.blobs.unknown(digest);
        return size;
      } catch (error) {
        throw storageError(error, "look up the blob");
      }
    },
    findManifest: ({ repository, digest, signal }) => findManifest(layout, repository, digest, signal),
    async findTag({ repository, tag }) {
      const [entry] = (await layout.index.read()).tagged(repository, tag);
      if (entry === undefined) return undefined;
      try {
        return await layout.graph.describe(entry);
      } catch (error) {
        throw storageError(error, "read the manifest");
      }
    },
    async openManifest({ repository, descriptor }) {
      const blob = await open(layout, descriptor.digest as CheckedDigest);
      if (blob === undefined) return undefined;
      try {
        requireServable(layout, repository, descriptor, blob.size);
      } catch (error) {
        await closeQuietly(layout.disk, blob.file);
        throw error;
      }
      return contentOf(layout, blob, "owned");
    },
    async resolveManifest({ repository, digest, signal }) {
      const descriptor = await findManifest(layout, repository, digest, signal);
      if (descriptor === undefined) return undefined;
      try {
        const size = await layout.blobs.size(digest);
        if (size === undefined) return undefined;
        requireServable(layout, repository, descriptor, size);
      } catch (error) {
        throw storageError(error, "look up the manifest");
      }
      return descriptor;
    },
  };
}

async function findManifest(
  { index, graph }: Layout,
  repository: string,
  digest: CheckedDigest,
  signal: AbortSignal | undefined,
): Promise<Descriptor | undefined> {
  const table = await index.read();
  try {
    const [entry] = table.withDigest(repository, digest);
    if (entry !== undefined) return await graph.describe(entry);
    await graph.read(table, repository, "indexes", { signal });
    // Its index may have been deleted meanwhile. Then it has an entry of its own.
    const [added] = table.withDigest(repository, digest);
    if (added !== undefined) return await graph.describe(added);
    const claimed = graph.claimed(table, repository, digest);
    const reading = claimed === undefined ? undefined : await graph.store.load(claimed);
    if (reading !== undefined && isReadable(reading)) return plainDescriptor(reading);
    if (reading?.cause !== undefined) throw reading.cause;
    if (reading?.state === "corrupt")
      throw new RegistryError(
        "CONTENT_CORRUPT",
        `manifest ${digest} is corrupt: its bytes do not match its digest`,
      );
  } catch (error) {
    throw storageError(error, "read manifests");
  }
  return undefined;
}

/**
 * Fails if a manifest exceeds `maxManifestBytes`, because callers read manifests whole. If its entry has a smaller
 * size, the manifest is corrupt.
 */
function requireServable(
  { settings }: Layout,
  repository: string,
  { digest, size }: Descriptor,
  stored: number,
): void {
  const { maxManifestBytes } = settings;
  if (stored <= maxManifestBytes) return;
  const detail = { size: stored, limit: maxManifestBytes };
  if (size !== stored)
    throw new RegistryError(
      "CONTENT_CORRUPT",
      `manifest ${digest} is corrupt: it has ${stored} bytes, not ${size}`,
      { detail },
    );
  throw new RegistryError(
    "MANIFEST_UNKNOWN",
    `no manifest ${digest} in ${repository}: its file is larger than ${maxManifestBytes} bytes`,
    { detail },
  );
}

async function open({ blobs }: Layout, digest: CheckedDigest): Promise<OpenBlob | undefined> {
  try {
    return await blobs.open(digest);
  } catch (error) {
    throw storageError(error, "open the blob");
  }
}

function contentOf(
  { disk }: Layout,
  blob: OpenBlob,
  chunks: "owned" | "reused",
  chunkSize?: number,
): OpenContent {
  const held: HeldFile = { file: blob.file };
  const content: OpenContent = {
    size: blob.size,
    chunks,
    read(start, end) {
      // From here on the chunks own the file, because they may outlive this object.
      const taken = take(held);
      const iterator = readFileChunks(disk, taken, { start, end }, { chunks, chunkSize });
      closeWithOwner(iterator, taken);
      return iterator;
    },
    async close() {
      const { file } = take(held);
      if (file !== undefined) await closeQuietly(disk, file);
    },
  };
  closeWithOwner(content, held);
  return markUnshared(content);
}

/** Moves the file to a new owner. */
function take(held: HeldFile): HeldFile {
  const { file } = held;
  held.file = undefined;
  return { file };
}
