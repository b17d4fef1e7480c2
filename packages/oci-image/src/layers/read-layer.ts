import type { CallOptions, Descriptor } from "@ocilayout/oci-types";
import { isRegistryError } from "@ocilayout/oci-types";
import { requireCount, requireObject, requireSignal, requireString } from "@ocilayout/oci-types/authors";

import { requireRepositoryOf } from "../place/place.ts";
import { readTar, type TarEntry } from "../tar/reading/read-tar.ts";
import { type ExpectedLayer, type LayerPlace, openLayer, type OpenLayerOptions } from "./layer-source.ts";
import { Budget, type LayerLimits, requireLimits } from "./limits.ts";

/** Options of {@link readLayer}. */
export interface ReadLayerOptions extends CallOptions {
  /** The digest of the decompressed layer, from `rootfs.diff_ids` of the config. It is verified. Absent: not verified. */
  readonly diffId?: string | undefined;
  /** Limits for a layer that is not trusted. */
  readonly limits?: LayerLimits | undefined;
  /** Receives the number of bytes of the blob that were read so far. If it throws, the reading ends with that error. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/**
 * Reads the entries of a layer in order, as a stream: `layer` is decompressed if its bytes are compressed with gzip or zstd,
 * whatever its media type is. Whiteouts are entries like others.
 *
 * Size and digest of the blob are verified, and the digest of the decompressed bytes if `diffId` is given, even if the registry
 * does not verify content. The entries are not verified until the iteration has ended. If it fails or the caller leaves the
 * loop early, they may be wrong.
 *
 * @param at - The registry and the repository. A tag or digest is not needed.
 * @param layer - The descriptor of the layer, from an image manifest.
 * @throws `RegistryError` with one of these codes:
 *
 * - `BLOB_UNKNOWN`: the layer is missing. A foreign layer has to be downloaded from its `urls` first.
 * - `CONTENT_CORRUPT`: the blob does not match its digest or size, or the decompressed bytes do not match `diffId`.
 * - `ARCHIVE_INVALID`: the compressed stream or the archive is malformed or ends too early.
 * - `SIZE_INVALID`: a limit is exceeded, or a window of zstd of 128 MiB. `detail.limit` is the limit.
 * - `DIGEST_INVALID`, `NAME_INVALID`: a digest or the repository is invalid.
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/layer.md}
 */
export async function* readLayer(
  at: LayerPlace,
  layer: Descriptor,
  options: ReadLayerOptions = {},
): AsyncGenerator<TarEntry, void, undefined> {
  const place = requireRepositoryOf(at);
  const signal = requireSignal(options);
  const { diffId, onProgress } = options;
  const budget = new Budget(requireLimits(options.limits));
  requireObject(layer, "a layer");
  requireCount(layer.size, "the size of a layer");
  if (diffId !== undefined) requireString(diffId, "diffId");
  yield* readEntries(place, { descriptor: layer, diffId }, { signal, budget, onRead: onProgress });
}

/** Reads the entries of a layer, and counts them. */
export async function* readEntries(
  place: LayerPlace,
  layer: ExpectedLayer,
  options: OpenLayerOptions,
): AsyncGenerator<TarEntry, void, undefined> {
  const { signal, budget } = options;
  const { entries, fileBytes, layerBytes } = budget.limits;
  const limits = { entries, fileBytes, bytes: Math.max(fileBytes, layerBytes) };
  const open = await openLayer(place, layer, options);
  try {
    for await (const entry of readTar(open.bytes(), { signal, limits })) {
      budget.addEntry();
      yield entry;
    }
  } catch (error) {
    // A blob that is damaged is the reason, and not that its content is malformed.
    if (isRegistryError(error, "ARCHIVE_INVALID")) await open.verifyBlob();
    throw error;
  } finally {
    await open.close();
  }
}
