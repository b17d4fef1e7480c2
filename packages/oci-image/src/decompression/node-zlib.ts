import { builtinModule } from "../platform/builtin-module.ts";
import type { Chunks } from "./chunks.ts";
import { notDecompressed } from "./errors.ts";

/** Options of Node's decompressors that this module uses. */
interface NodeZlibOptions {
  readonly chunkSize: number;
  readonly readableHighWaterMark: number;
}

/** The parts of a stream of Node that this module uses. */
interface NodeTransform extends AsyncIterable<Uint8Array> {
  readonly bytesWritten: number;
  write(chunk: Uint8Array, done: (error?: unknown) => void): unknown;
  end(): unknown;
  destroy(error?: unknown): unknown;
  once(event: "close" | "end", listener: () => void): unknown;
}

/** Creates a decompressor. */
export type CreateTransform = (options: NodeZlibOptions) => NodeTransform;

/** The parts of `node:zlib` that this module uses. */
export interface NodeZlib {
  readonly createGunzip: CreateTransform;
  /** Node has it from 22.15. */
  readonly createZstdDecompress?: CreateTransform | undefined;
}

/** Returns Node's `zlib` module. */
export function findNodeZlib(): NodeZlib | undefined {
  return builtinModule("node:zlib") as NodeZlib | undefined;
}

/**
 * Node's default is 16 KiB. Larger chunks need fewer turns of the event loop, but Node 26 keeps twice the memory of chunks of
 * 128 KiB until it collects garbage.
 */
const OPTIONS: NodeZlibOptions = { chunkSize: 64 * 1024, readableHighWaterMark: 256 * 1024 };

/**
 * Decompresses with a stream of Node, which works in another thread.
 *
 * @param unread - Receives the bytes after the end of the compressed stream that were read already.
 */
export async function* decompressWithNode(
  chunks: Chunks,
  name: string,
  create: CreateTransform,
  unread?: (rest: Uint8Array) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const stream = create(OPTIONS);
  const feeding = new Feeding(chunks, stream);
  try {
    yield* stream;
    await feeding.done;
    feeding.throwIfFailed();
    unread?.(feeding.rest);
  } catch (error) {
    feeding.throwIfFailed();
    throw notDecompressed(name, error);
  } finally {
    stream.destroy();
    await feeding.done;
  }
}

/** Writes chunks to a stream, one after the other. */
class Feeding {
  /** Resolves when no chunk is being read or written any more. */
  readonly done: Promise<void>;
  readonly #stream: NodeTransform;
  #hasEnded = false;
  #chunk: Uint8Array = new Uint8Array();
  /** The number of bytes before the current chunk. */
  #before = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(chunks: Chunks, stream: NodeTransform) {
    this.#stream = stream;
    this.done = this.#feed(chunks).catch((error: unknown) => {
      this.#failure = { error };
      stream.destroy(error);
    });
  }

  /** Throws the error of the source. */
  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** The bytes of the last chunk that the stream did not use. */
  get rest(): Uint8Array {
    return this.#chunk.subarray(this.#stream.bytesWritten - this.#before);
  }

  async #feed(chunks: Chunks): Promise<void> {
    const ended: Promise<void> = new Promise((resolve) => {
      const end = (): void => {
        this.#hasEnded = true;
        resolve();
      };
      this.#stream.once("end", end);
      this.#stream.once("close", end);
    });
    while (!this.#hasEnded) {
      const result = await chunks.next();
      if (result.done === true) {
        this.#stream.end();
        return;
      }
      this.#before += this.#chunk.length;
      this.#chunk = result.value;
      // A stream that has ended before its input never reports that it has written the rest. Until it has written a chunk,
      // the next one must not be requested, because a source may reuse the memory.
      const written = new Promise((resolve) => {
        this.#stream.write(result.value, resolve);
      });
      await Promise.race([written, ended]);
    }
  }
}
