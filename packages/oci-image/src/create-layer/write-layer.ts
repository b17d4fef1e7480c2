import type { Descriptor, Digest, HasherFactory } from "@ocilayout/oci-types";
import { ociMediaTypes } from "@ocilayout/oci-types";

import type { PreparedLayer } from "../change/prepared-layer.ts";
import { writeTar } from "../tar/writing/write-tar.ts";
import { compress, createCompressor } from "./compress.ts";
import type { CheckedLayerOptions, LayerCompression } from "./options.ts";
import type { LayerPlan } from "./plan-layer.ts";

const MEDIA_TYPES: Readonly<Record<LayerCompression, string>> = {
  none: ociMediaTypes.layer,
  gzip: ociMediaTypes.layerGzip,
  zstd: ociMediaTypes.layerZstd,
};

/**
 * Writes a layer chunk by chunk, and describes it. `write` must not keep a chunk after it has resolved.
 *
 * @throws `RegistryError` `UNSUPPORTED` if the platform does not have the compression.
 */
export async function writeLayer(
  plan: LayerPlan,
  { compression, history, signal, createHasher }: CheckedLayerOptions,
  write: (chunk: Uint8Array) => Promise<void>,
): Promise<PreparedLayer & { readonly descriptor: Descriptor }> {
  const compressor = createCompressor(compression);
  const archive = new Measured(writeTar(plan.entries(), { signal }), createHasher);
  const stored = compressor && new Measured(compress(archive.chunks(), compressor), createHasher);
  for await (const chunk of (stored ?? archive).chunks()) {
    await write(chunk);
    signal?.throwIfAborted();
  }
  const diffId = await archive.digest();
  const digest = stored === undefined ? diffId : await stored.digest();
  const descriptor = { mediaType: MEDIA_TYPES[compression], digest, size: (stored ?? archive).size };
  return history === undefined ? { descriptor, diffId } : { descriptor, diffId, history };
}

/** Hashes and counts bytes that pass through it. */
class Measured {
  size: number = 0;
  readonly #chunks: AsyncIterable<Uint8Array>;
  readonly #hasher: ReturnType<HasherFactory>;

  constructor(chunks: AsyncIterable<Uint8Array>, createHasher: HasherFactory) {
    this.#chunks = chunks;
    this.#hasher = createHasher("sha256");
  }

  async *chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of this.#chunks) {
      this.#hasher.update(chunk);
      this.size += chunk.length;
      yield chunk;
    }
  }

  async digest(): Promise<Digest> {
    return `sha256:${await this.#hasher.digest()}`;
  }
}
