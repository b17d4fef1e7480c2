import { requireSignal } from "../basics/arguments.ts";
import { onAbort } from "../basics/on-abort.ts";
import type { CallOptions } from "../basics/call-options.ts";
import { isByteView, requireBytes, toPlainView } from "../basics/bytes.ts";

/**
 * Content to store. Forms are tried in this order: bytes, `Blob`, `ReadableStream`, async iterable, iterable. A
 * source may reuse the memory of a chunk once its next chunk is asked for.
 */
export type BlobSource =
  Uint8Array | Blob | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** The chunks of a `BlobSource`, to be read once. Reads that are not awaited are answered in their order. */
export interface BlobChunks extends AsyncIterableIterator<Uint8Array, undefined>, AsyncDisposable {
  /** The next chunk. */
  next(): Promise<IteratorResult<Uint8Array, undefined>>;
  /**
   * Ends the source: a stream is cancelled with `reason`, an iterator returned. A waiting read ends. Idempotent.
   * Resolves when the source has ended; at once where a read was waiting for it or the signal is aborted.
   */
  return(reason?: unknown): Promise<IteratorReturnResult<undefined>>;
  /** The same chunks: they come once. */
  [Symbol.asyncIterator](): BlobChunks;
}

/** Bytes in one piece are given in chunks of this size, so that a consumer can work on them in parallel. */
const CHUNK_BYTES = 1024 * 1024;

/** A source once opened, whatever its form. */
interface Pull {
  next(): IteratorResult<unknown> | PromiseLike<IteratorResult<unknown>>;
  cancel(reason: unknown): unknown;
}

/**
 * Reads any `BlobSource` as a series of chunks, none of them empty. A chunk that is no `Uint8Array` is a
 * `TypeError`; when `signal` is aborted the pending read rejects with its reason. However the reading ends, the
 * source is cancelled or returned.
 *
 * @throws TypeError where `source` is none of the forms, and where the signal is none: the source is ended then, too.
 */
export function readBlobSource(source: BlobSource, options: CallOptions = {}): BlobChunks {
  const pull = openSource(source);
  try {
    return new SourceChunks(pull, requireSignal(options));
  } catch (error) {
    void new SourceChunks(pull, undefined).return(error);
    throw error;
  }
}

/** Whoever waits for what the source gives next. */
interface Waiting {
  resolve(result: IteratorResult<unknown>): void;
  reject(reason: unknown): void;
}

class SourceChunks implements BlobChunks {
  readonly #pull: Pull;
  readonly #signal: AbortSignal | undefined;
  #waiting: Waiting | undefined;
  #lastRead: Promise<unknown> = Promise.resolve();
  #ignoreAbort: (() => void) | undefined;
  #ending: Promise<void> = Promise.resolve();
  #done = false;

  constructor(pull: Pull, signal: AbortSignal | undefined) {
    this.#pull = pull;
    this.#signal = signal;
    if (signal?.aborted === true) void this.#end(signal.reason);
    else if (signal !== undefined)
      this.#ignoreAbort = onAbort(signal, () => {
        this.#waiting?.reject(signal.reason);
        void this.#end(signal.reason);
      });
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const read = this.#lastRead.then(() => this.#read());
    this.#lastRead = read.then(
      () => undefined,
      () => undefined,
    );
    return read;
  }

  async return(reason?: unknown): Promise<IteratorReturnResult<undefined>> {
    await untilAborted(this.#end(reason), this.#signal);
    return { done: true, value: undefined };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** The same chunks: they come once. */
  [Symbol.asyncIterator](): BlobChunks {
    return this;
  }

  async #read(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#signal?.throwIfAborted();
    try {
      while (!this.#done) {
        const result = await this.#pullOrEnd();
        if (result.done === true) {
          this.#release();
          break;
        }
        const chunk = requireBytes(result.value, "a chunk of the content");
        if (chunk.length > 0) return { done: false, value: chunk };
      }
    } catch (error) {
      void this.#end(error);
      throw error;
    }
    return { done: true, value: undefined };
  }

  /** What the source gives next, unless the reading is ended or aborted before: a source may never answer. */
  async #pullOrEnd(): Promise<IteratorResult<unknown>> {
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting = { resolve, reject };
        Promise.resolve(this.#pull.next()).then(resolve, reject);
      });
    } finally {
      this.#waiting = undefined;
    }
  }

  /** Cancels the source, once. What it says to that is nobody's business: the reading is over already. */
  #end(reason: unknown): Promise<void> {
    if (this.#done) return this.#ending;
    const waiting = this.#waiting;
    waiting?.resolve({ done: true, value: undefined });
    this.#release();
    const cancelled = new Promise<unknown>((resolve) => {
      resolve(this.#pull.cancel(reason));
    }).then(
      () => undefined,
      () => undefined,
    );
    // A source that waits for its own next chunk answers only when it gets it, perhaps never.
    if (waiting === undefined) this.#ending = cancelled;
    return this.#ending;
  }

  #release(): void {
    this.#done = true;
    this.#waiting = undefined;
    this.#ignoreAbort?.();
  }
}

/** Waits for `ending`, until `signal` is aborted. */
async function untilAborted(ending: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return ending;
  if (signal.aborted) return;
  let ignoreAbort: (() => void) | undefined;
  await new Promise<void>((resolve) => {
    ignoreAbort = onAbort(signal, resolve);
    void ending.then(resolve);
  });
  ignoreAbort?.();
}

function openSource(source: BlobSource): Pull {
  if (typeof source === "object" && (source as unknown) !== null) {
    if (isByteView(source)) return pullBytes(toPlainView(source));
    if ("arrayBuffer" in source && "stream" in source) return pullStream(source.stream());
    if ("getReader" in source) return pullStream(source);
    if (Symbol.asyncIterator in source) return pullIterator(source, () => source[Symbol.asyncIterator]());
    if (Symbol.iterator in source) return pullIterator(source, () => source[Symbol.iterator]());
  }
  throw new TypeError("content must be bytes, a Blob, a stream, or an iterable of bytes");
}

function pullBytes(bytes: Uint8Array): Pull {
  let offset = 0;
  return {
    next() {
      if (offset >= bytes.length) return { done: true, value: undefined };
      const value = bytes.subarray(offset, offset + CHUNK_BYTES);
      offset += value.length;
      return { done: false, value };
    },
    cancel: () => undefined,
  };
}

function pullStream(stream: ReadableStream<unknown>): Pull {
  const reader = stream.getReader();
  return {
    next: () => reader.read(),
    cancel: (reason) => reader.cancel(reason),
  };
}

function pullIterator(source: object, open: () => AsyncIterator<unknown> | Iterator<unknown>): Pull {
  let iterator: AsyncIterator<unknown> | Iterator<unknown> | undefined;
  // A stream of Node that fails while nobody listens ends the process; the iterator tells of it when it is read.
  if (isNodeStream(source)) source.on("error", () => undefined);
  return {
    next: () => (iterator ??= open()).next(),
    async cancel() {
      // A Node stream's iterator ends its stream only when it was started and is not waiting for data.
      if (isNodeStream(source)) source.destroy();
      await (iterator ?? open()).return?.();
    },
  };
}

interface NodeStream {
  on(event: "error", listener: () => void): unknown;
  destroy(): unknown;
}

function isNodeStream(source: object): source is NodeStream {
  return (
    "destroy" in source &&
    typeof source.destroy === "function" &&
    "on" in source &&
    typeof source.on === "function"
  );
}
