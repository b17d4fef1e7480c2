import type { BlobChunks, BlobSource } from "./blob-source.ts";
import { readBlobSource } from "./blob-source.ts";
import { cloneJson } from "./clone-json.ts";
import type { Descriptor } from "./descriptor.ts";
import { RegistryError } from "./errors.ts";
import { concatBytes } from "./hasher.ts";
import type { HashOptions } from "./verify-stream.ts";
import { verifyChunks } from "./verify-stream.ts";

/**
 * The content of a blob or manifest, to be consumed once, like the body of a `fetch` answer: a second consumption
 * is a `TypeError`. Size and digest are verified while it is read, and the last chunk comes only once they are
 * right: a corrupt blob ends in `CONTENT_CORRUPT` and never yields its full length, unless the consumer went without that
 * (`verify: false`). Every chunk is the consumer's to keep, unless it said otherwise (`mayReuse`). Consuming it to the end,
 * leaving the loop and closing all free what it holds.
 */
export interface BlobReader extends AsyncIterable<Uint8Array>, AsyncDisposable {
  /** What the content is. For a range: the whole blob's. The caller may change it: the reader does not look at it again. */
  readonly descriptor: Descriptor;
  /** The content as a web stream that reads as fast as it is read. */
  stream(): ReadableStream<Uint8Array>;
  /** The content in one piece. */
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  /** The content decoded as UTF-8. */
  text(): Promise<string>;
  /** The content parsed as JSON; `MANIFEST_INVALID` where it is not JSON. */
  json(): Promise<unknown>;
  /** Frees what the reader holds; what is read afterwards rejects with `CLOSED`. Idempotent. */
  close(): Promise<void>;
}

/** Options of {@link createBlobReader}. */
export interface BlobReaderOptions extends HashOptions {
  /** Whether size and digest are verified. Default true; false for a range. */
  readonly verify?: boolean | undefined;
  /**
   * Whether the source gives each chunk away for good, so that it need not be copied. Default false: a source may
   * reuse a chunk's memory.
   */
  readonly freshChunks?: boolean | undefined;
  /**
   * Whether chunks are passed on as they come although the source uses their memory again, as whoever reads has allowed
   * (`mayReuse`). Default false.
   */
  readonly reusedChunks?: boolean | undefined;
}

/**
 * Makes a {@link BlobReader} of plain content, so that a backend only has to supply the bytes.
 *
 * @param descriptor - What the content should be. Copied.
 * @param source - Where it comes from; closed with the reader.
 */
export function createBlobReader(
  descriptor: Descriptor,
  source: BlobSource,
  options: BlobReaderOptions = {},
): BlobReader {
  return new SourceReader(cloneJson(descriptor), readBlobSource(source, options), { ...options });
}

function closed(): RegistryError {
  return new RegistryError("CLOSED", "this reader was closed");
}

function end(): IteratorReturnResult<undefined> {
  return { done: true, value: undefined };
}

class SourceReader implements BlobReader {
  readonly #descriptor: Descriptor;
  readonly #source: BlobChunks;
  readonly #options: BlobReaderOptions;
  #state: "fresh" | "used" | "closed" = "fresh";

  constructor(descriptor: Descriptor, source: BlobChunks, options: BlobReaderOptions) {
    this.#descriptor = descriptor;
    this.#source = source;
    this.#options = options;
  }

  /** A copy each time: what a caller does to it must not decide what the content is verified against. */
  get descriptor(): Descriptor {
    return cloneJson(this.#descriptor);
  }

  /** For objects that inherit from a reader and describe something else: the reader itself keeps to its own. */
  set descriptor(value: Descriptor) {
    Object.defineProperty(this, "descriptor", {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    if (this.#state === "used") throw new TypeError("this content was consumed already");
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
          // A source ended under the reading looks cut short; that is not what happened.
          if (ended) return end();
          ended = true;
          throw this.#state === "closed" ? closed() : error;
        }
      },
      return: async () => {
        ended = true;
        await this.#source.return();
        return end();
      },
    };
  }

  stream(): ReadableStream<Uint8Array> {
    const chunks = this[Symbol.asyncIterator]();
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const result = await chunks.next();
          if (result.done === true) controller.close();
          else controller.enqueue(result.value);
        },
        cancel: () => this.close(),
      },
      { highWaterMark: 0 },
    );
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of this) {
      chunks.push(this.#options.reusedChunks === true ? chunk.slice() : chunk);
      size += chunk.length;
    }
    return concatBytes(chunks, size);
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  async json(): Promise<unknown> {
    const text = await this.text();
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new RegistryError("MANIFEST_INVALID", `${this.#descriptor.digest} is not JSON`, { cause });
    }
  }

  async close(): Promise<void> {
    this.#state = "closed";
    await this.#source.return();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #requireOpen(): void {
    if (this.#state === "closed") throw closed();
  }

  #open(): AsyncIterator<Uint8Array, unknown> {
    if (this.#options.verify === false) return this.#source;
    return verifyChunks(
      this.#source,
      this.#descriptor,
      (_what, message, detail) => new RegistryError("CONTENT_CORRUPT", `stored ${message}`, { detail }),
      this.#options.createHasher,
    );
  }

  #own(chunk: Uint8Array): Uint8Array {
    const { freshChunks, reusedChunks } = this.#options;
    return freshChunks === true || reusedChunks === true ? chunk : chunk.slice();
  }
}
