import type { Backend } from "@ocilayout/oci-backend";
import type { CheckedDigest, Descriptor } from "@ocilayout/oci-types";
import { RegistryError } from "@ocilayout/oci-types";

import { storageError } from "../disk/storage-error.ts";
import { plainDescriptor } from "../manifests/manifest-graph.ts";
import { isReadable } from "../manifests/manifest-store.ts";
import type { LayoutView } from "./layout-view.ts";

type Reading = "openBlob" | "sizeOfBlob" | "findManifest" | "findTag" | "openManifest" | "resolveManifest";

/** Implements the reads of a backend on a layout. */
export function readerOf(layout: LayoutView): Required<Pick<Backend, Reading>> {
  const { blobs, graph, index } = layout;
  return {
    async openBlob({ digest, chunks, chunkSize }) {
      await index.read();
      const content = await blobs.open(digest, { chunks, chunkSize });
      if (content === undefined) throw blobs.unknown(digest);
      return content;
    },
    async sizeOfBlob({ digest }) {
      await index.read();
      const size = await blobs.size(digest);
      if (size === undefined) throw blobs.unknown(digest);
      return size;
    },
    findManifest: ({ repository, digest, signal }) => findManifest(layout, repository, digest, signal),
    async findTag({ repository, tag }) {
      const [entry] = (await index.read()).tagged(repository, tag);
      if (entry === undefined) return undefined;
      try {
        return await graph.describe(entry);
      } catch (error) {
        throw storageError(error, "read the manifest");
      }
    },
    async openManifest({ repository, descriptor }) {
      const content = await blobs.open(descriptor.digest as CheckedDigest, { chunks: "owned" });
      if (content === undefined) return undefined;
      const isInMemory = content instanceof Uint8Array;
      try {
        requireServable(layout, repository, descriptor, isInMemory ? content.length : content.size);
      } catch (error) {
        if (!isInMemory) await content.close?.();
        throw error;
      }
      return content;
    },
    async resolveManifest({ repository, digest, signal }) {
      const descriptor = await findManifest(layout, repository, digest, signal);
      if (descriptor === undefined) return undefined;
      const size = await blobs.size(digest);
      if (size === undefined) return undefined;
      requireServable(layout, repository, descriptor, size);
      return descriptor;
    },
  };
}

async function findManifest(
  { index, graph }: LayoutView,
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
  { maxManifestBytes }: LayoutView,
  repository: string,
  { digest, size }: Descriptor,
  stored: number,
): void {
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
