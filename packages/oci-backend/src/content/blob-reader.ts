import type { BlobReader, BlobSource, Descriptor, HashOptions } from "@ocilayout/oci-types";
import type { BlobChunks } from "@ocilayout/oci-types/authors";
import { verifyStream } from "@ocilayout/oci-types";
import { ChunkReader, cloneJson, passUnshared, readBlobSource } from "@ocilayout/oci-types/authors";

import { wasClosed } from "../checks/errors.ts";

/** Options of {@link createBlobReader}. */
export interface BlobReaderOptions extends HashOptions {
  /** Whether to verify size and digest. Defaults to true. Pass false for a range. */
  readonly verify?: boolean | undefined;
  /**
   * The owner of the chunks of the source. By default each chunk is copied, because the source may reuse its memory.
   *
   * - `"owned"`: the source never reuses a chunk, so it is not copied.
   * - `"reused"`: the source reuses its chunks, and the caller allowed that (`ReadOptions.chunks`), so they are not copied.
   */
  readonly chunks?: "owned" | "reused" | undefined;
}

/**
 * Creates a `BlobReader` from any content.
 *
 * @param descriptor - The expected descriptor of the content. It is copied.
 * @param source - The content. It is closed with the reader.
 */
export function createBlobReader(
  descriptor: Descriptor,
  source: BlobSource,
  options: BlobReaderOptions = {},
): BlobReader {
  const chunks = readBlobSource(source, options);
  const inMemory = options.verify === false && source instanceof Uint8Array ? source : undefined;
  const reader = new SourceReader(cloneJson(descriptor), chunks, { ...options, inMemory });
  const isPassedOn = options.verify === false && options.chunks !== undefined;
  return isPassedOn ? passUnshared(chunks, reader) : reader;
}

function end(): IteratorReturnResult<undefined> {
  return { done: true, value: undefined };
}

interface ReaderSettings extends BlobReaderOptions {
  /** The whole content, if it is in memory and is not verified. */
  readonly inMemory: Uint8Array | undefined;
}

class SourceReader extends ChunkReader {
  readonly #descriptor: Descriptor;
  readonly #source: BlobChunks;
  readonly #options: ReaderSettings;
  #state: "fresh" | "used" | "closed" = "fresh";

  constructor(descriptor: Descriptor, source: BlobChunks, options: ReaderSettings) {
    super();
    this.#descriptor = descriptor;
    this.#source = source;
    this.#options = options;
  }

  /** Returns a copy, so that changes of the caller do not affect the verification. */
  get descriptor(): Descriptor {
    return cloneJson(this.#descriptor);
  }

  /** Lets an object that inherits from the reader have another descriptor. The reader still verifies with its own. */
  set descriptor(value: Descriptor) {
    Object.defineProperty(this, "descriptor", {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    if (this.#state === "used") throw new TypeError("this content was read already");
    if (this.#state === "fresh") this.#state = "used";
    const chunks = this.#open();
    let ended = false;
    return {
      next: async () => {
        if (ended) return end();
        try {
          this.#requireOpen();
          const result = await chunks.next();
          if (result.done !== true) return { done: false, value: this.#own(result.value) };
          this.#requireOpen();
          ended = true;
          return end();
        } catch (error) {
          // Leaving the loop or closing the reader ends the source early. That is not corrupt content.
          if (ended) return end();
          ended = true;
          throw this.#state === "closed" ? wasClosed("this reader") : error;
        }
      },
      return: async () => {
        ended = true;
        await this.#source.return();
        return end();
      },
    };
  }

  /** Copies content that is in memory at once: passing it on in chunks takes longer than copying it. */
  override async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const { inMemory, signal } = this.#options;
    if (inMemory === undefined || this.#state !== "fresh") return super.bytes();
    this.#state = "used";
    await this.#source.return();
    signal?.throwIfAborted();
    return new Uint8Array(inMemory);
  }

  protected override kept(chunk: Uint8Array): Uint8Array {
    return this.#options.chunks === "reused" ? chunk.slice() : chunk;
  }

  async close(): Promise<void> {
    this.#state = "closed";
    await this.#source.return();
  }

  #requireOpen(): void {
    if (this.#state === "closed") throw wasClosed("this reader");
  }

  #open(): AsyncIterator<Uint8Array, unknown> {
    if (this.#options.verify === false) return this.#source;
    const { createHasher } = this.#options;
    return verifyStream(this.#source, this.#descriptor, { createHasher, origin: "stored" });
  }

  #own(chunk: Uint8Array): Uint8Array {
    return this.#options.chunks === undefined ? chunk.slice() : chunk;
  }
}
