import type { CallOptions, Descriptor, RegistryReader } from "@ocilayout/oci-types";
import { isRegistryError, RegistryError } from "@ocilayout/oci-types";
import { createHasher, readBlobSource, requireDigest, wrongDigest } from "@ocilayout/oci-types/authors";

import type { Place } from "../place/place.ts";
import { closeQuietly } from "../reading/stated.ts";
import type { Chunks } from "../decompression/chunks.ts";
import { detectCompression, MAGIC_BYTES } from "../decompression/compression.ts";
import { decompress } from "../decompression/decompress.ts";
import { beyond } from "../decompression/errors.ts";
import { type Budget, RATIO_FREE_BYTES } from "./limits.ts";
import { VerifiedChunks } from "../decompression/verified-chunks.ts";

/** The part of a registry that reads layers. */
export type LayerSource = Pick<RegistryReader, "getBlob">;

/** The place of a layer: a registry and a repository. */
export type LayerPlace = Omit<Place<LayerSource>, "reference">;

/** A layer, and what must be true of it. */
export interface ExpectedLayer {
  readonly descriptor: Descriptor;
  /** The digest of the decompressed layer, if it is known. */
  readonly diffId?: string | undefined;
}

/** Options of {@link openLayer}. */
export interface OpenLayerOptions extends CallOptions {
  readonly budget: Budget;
  /** Receives the number of compressed bytes that were read so far. */
  readonly onRead?: ((bytes: number) => void) | undefined;
}

/** An open layer. */
export interface OpenLayer {
  /**
   * Reads the decompressed bytes, once. Before the end it verifies the size and the digest of the blob, and the digest of the
   * decompressed bytes.
   */
  readonly bytes: () => AsyncGenerator<Uint8Array, void, undefined>;
  /** Reads the rest of the blob, and verifies it. Only after the generator of `bytes` has ended. */
  readonly verifyBlob: () => Promise<void>;
  /** Frees the resources of the reader. */
  readonly close: () => Promise<void>;
}

/** Opens a layer. */
export async function openLayer(
  { registry, repository }: LayerPlace,
  layer: ExpectedLayer,
  { signal, budget, onRead }: OpenLayerOptions,
): Promise<OpenLayer> {
  signal?.throwIfAborted();
  const { descriptor } = layer;
  requireDigest(descriptor.digest);
  if (layer.diffId !== undefined) requireDigest(layer.diffId);
  const reader = await openBlob(registry, repository, descriptor, signal);
  const blob = new VerifiedChunks(readBlobSource(reader, { signal }), descriptor, onRead);
  return {
    bytes: () => readBytes(blob, layer, budget),
    verifyBlob: () => blob.drain(),
    close: () => closeQuietly(reader),
  };
}

async function* readBytes(
  blob: VerifiedChunks,
  { descriptor, diffId }: ExpectedLayer,
  budget: Budget,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { layerBytes, ratio } = budget.limits;
  const compression = detectCompression(await blob.peek(MAGIC_BYTES));
  const expected = diffId === undefined ? undefined : requireDigest(diffId);
  // A plain layer has one digest, which is verified as that of the blob.
  const isVerified = compression === "none" && expected?.digest === requireDigest(descriptor.digest).digest;
  const hasher = isVerified || expected === undefined ? undefined : createHasher(expected.algorithm);
  let size = 0;
  try {
    for await (const chunk of compression === "none" ? iterate(blob) : decompress(blob, compression)) {
      size += chunk.length;
      budget.addBytes(chunk.length);
      if (size > layerBytes) throw beyond("the size of a layer", layerBytes);
      if (size > RATIO_FREE_BYTES && size > ratio * blob.size)
        throw beyond("the compression ratio of a layer", ratio);
      hasher?.update(chunk);
      yield chunk;
    }
  } catch (error) {
    // A blob that is damaged is the reason, and not that it cannot be decompressed.
    if (isRegistryError(error, "ARCHIVE_INVALID")) await blob.drain();
    throw error;
  }
  await blob.drain();
  if (hasher === undefined || expected === undefined) return;
  const received = `${expected.algorithm}:${await hasher.digest()}`;
  if (received !== expected.digest) throw wrongDigest(expected.digest, received, "stored");
}

async function openBlob(
  registry: LayerSource,
  repository: string,
  { digest, urls }: Descriptor,
  signal: AbortSignal | undefined,
): ReturnType<LayerSource["getBlob"]> {
  try {
    // The content is verified here, whatever the registry does.
    return await registry.getBlob(repository, digest, { signal, verify: false, chunks: "reused" });
  } catch (error) {
    if (urls === undefined || !isRegistryError(error, "BLOB_UNKNOWN")) throw error;
    const message = `the repository does not have the foreign layer ${digest}: download it from its urls first`;
    throw new RegistryError("BLOB_UNKNOWN", message, { cause: error });
  }
}

/** Reads a chunk after the other, and leaves the end of `chunks` to the caller. */
async function* iterate(chunks: Chunks): AsyncGenerator<Uint8Array, void, undefined> {
  for (let result = await chunks.next(); result.done !== true; result = await chunks.next())
    yield result.value;
}
