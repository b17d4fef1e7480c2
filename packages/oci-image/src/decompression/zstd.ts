import { RegistryError } from "@ocilayout/oci-types";

import type { Chunks } from "./chunks.ts";
import { decompressWithNode, type NodeZlib } from "./node-zlib.ts";

/**
 * Decompresses zstd, with any number of frames. Node's own decompressor rejects windows of more than 128 MiB. Before Node 26 it
 * does not report that a stream ends too early.
 *
 * @throws `RegistryError` `UNSUPPORTED` if Node is older than 22.15, or this is a browser.
 */
export async function* unzstd(
  chunks: Chunks,
  zlib: NodeZlib | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const create = zlib?.createZstdDecompress;
  if (create === undefined)
    throw new RegistryError(
      "UNSUPPORTED",
      "cannot decompress zstd content: it needs Node 22.15 or later",
    );
  const frames = new FrameChunks(chunks);
  // Node ends its stream after the first frame of a chunk.
  while (await frames.hasMore())
    yield* decompressWithNode(frames, "zstd", create, (rest) => {
      frames.unread(rest);
    });
}

/** Chunks of which the last one can be returned in part. */
class FrameChunks implements AsyncIterator<Uint8Array, unknown> {
  readonly #chunks: Chunks;
  #rest: Uint8Array = new Uint8Array();

  constructor(chunks: Chunks) {
    this.#chunks = chunks;
  }

  /** Makes the next read return `rest`. */
  unread(rest: Uint8Array): void {
    this.#rest = rest;
  }

  /** Whether another chunk exists. */
  async hasMore(): Promise<boolean> {
    if (this.#rest.length > 0) return true;
    const result = await this.#chunks.next();
    if (result.done !== true) this.#rest = result.value;
    return result.done !== true;
  }

  async next(): Promise<IteratorResult<Uint8Array, unknown>> {
    if (this.#rest.length === 0) return this.#chunks.next();
    const value = this.#rest;
    this.#rest = new Uint8Array();
    return { done: false, value };
  }
}
