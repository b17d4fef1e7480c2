import { nextTurn } from "@ocilayout/oci-types/authors";

import { MalformedZstd, ZstdWindowTooLarge } from "../zstd/malformed.ts";
import type { Chunks } from "./chunks.ts";
import { beyond, notDecompressed } from "./errors.ts";
import { type CreateTransform, decompressWithNode, type NodeZlib } from "./node-zlib.ts";

/** The maximum window of a frame, in bytes: 128 MiB, the limit of Node and the default of the program `zstd`. */
const MAX_WINDOW = 128 * 1024 * 1024;

/** The size of the output after which other tasks have their turn, in bytes. */
const TURN_BYTES = 4 * 1024 * 1024;

/** The code of Node's error for a frame with a window of more than {@link MAX_WINDOW}. */
const WINDOW_CODE = "ZSTD_error_frameParameter_windowTooLarge";

/**
 * Decompresses zstd, with any number of frames: with Node's decompressor from Node 22.15, else with a decoder of this package.
 * Before Node 26, Node does not report that a stream ends too early. The decoder of this package does not verify checksums of
 * frames.
 *
 * @throws `RegistryError` `ARCHIVE_INVALID` if a frame is malformed; `SIZE_INVALID` if its window is too large.
 */
export function unzstd(
  chunks: Chunks,
  zlib: NodeZlib | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const create = zlib?.createZstdDecompress;
  return create === undefined ? decodeHere(chunks) : decodeWithNode(chunks, create);
}

async function* decodeHere(chunks: Chunks): AsyncGenerator<Uint8Array, void, undefined> {
  // Few programs need it.
  const { decodeZstd } = await import("../zstd/decode-zstd.ts");
  let size = 0;
  try {
    for await (const chunk of decodeZstd(chunks, MAX_WINDOW)) {
      yield chunk;
      size += chunk.length;
      if (size < TURN_BYTES) continue;
      size = 0;
      await nextTurn();
    }
  } catch (error) {
    if (error instanceof ZstdWindowTooLarge) throw beyond("the window of zstd", MAX_WINDOW);
    if (error instanceof MalformedZstd) throw notDecompressed("zstd", error);
    throw error;
  }
}

async function* decodeWithNode(
  chunks: Chunks,
  create: CreateTransform,
): AsyncGenerator<Uint8Array, void, undefined> {
  const frames = new FrameChunks(chunks);
  try {
    // Node ends its stream after the first frame of a chunk.
    while (await frames.hasMore())
      yield* decompressWithNode(frames, "zstd", create, (rest) => {
        frames.unread(rest);
      });
  } catch (error) {
    const { code } = ((error as Partial<Error> | undefined)?.cause ?? {}) as { code?: unknown };
    throw code === WINDOW_CODE ? beyond("the window of zstd", MAX_WINDOW) : error;
  }
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
