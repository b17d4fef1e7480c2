import { requireSignal } from "../basics/arguments.ts";
import { onAbort } from "../basics/on-abort.ts";
import type { CallOptions } from "../basics/call-options.ts";
import { passUnshared } from "./unshared.ts";
import { isByteView, requireBytes, toPlainView } from "../basics/bytes.ts";

/**
 * Content to store: bytes, a `Blob`, a `ReadableStream`, an async iterable or an iterable, tried in this order. A source may
 * reuse the memory of a chunk when its next chunk is requested.
 *
 * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#rule-content | Contract, content}
 */
export type BlobSource =
  Uint8Array | Blob | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** The chunks of a `BlobSource`, which can be read once. Reads that the caller does not await are answered in order. */
export interface BlobChunks extends AsyncIterableIterator<Uint8Array, undefined>, AsyncDisposable {
  /** Returns the next chunk. */
  next(): Promise<IteratorResult<Uint8Array, undefined>>;
  /**
   * Ends the source: cancels a stream with `reason`, or returns an iterator. A pending read ends. Idempotent. Resolves when
   * the source has ended, or at once if a read was pending or the signal is aborted.
   */
  return(reason?: unknown): Promise<IteratorReturnResult<undefined>>;
  /** Returns this object. */
  [Symbol.asyncIterator](): BlobChunks;
}

/** A byte array is split into chunks of this size, so that a consumer can process them in parallel. */
const CHUNK_BYTES = 1024 * 1024;

/** An opened source, of any form. */
interface Pull {
  next(): IteratorResult<unknown> | PromiseLike<IteratorResult<unknown>>;
  cancel(reason: unknown): unknown;
}

/**
 * Reads any `BlobSource` as non-empty chunks. A chunk that is not a `Uint8Array` is a `TypeError`. If `signal` is aborted,
 * the pending read rejects with its reason. However the reading ends, it cancels or returns the source. The chunks are
 * unshared if those of the source are: see `isUnshared`.
 *
 * @throws TypeError if `source` has another form, or the signal is not an `AbortSignal`. This also ends the source.
 */
export function readBlobSource(source: BlobSource, options: CallOptions = {}): BlobChunks {
  const pull = openSource(source);
  try {
    return passUnshared(source, new SourceChunks(pull, requireSignal(options)));
  } catch (error) {
    void new SourceChunks(pull, undefined).return(error);
    throw error;
  }
}

/** The pending read. */
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

  /** Returns the next result of the source, or the end if the reading is ended first: a source may never answer. */
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

  /** Cancels the source, once. An error of the source is ignored, because the reading has ended already. */
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
    // A source that waits for its next chunk may never answer.
    if (waiting === undefined) this.#ending = cancelled;
    return this.#ending;
  }

  #release(): void {
    this.#done = true;
    this.#waiting = undefined;
    this.#ignoreAbort?.();
  }
}

/** Resolves when `ending` does or `signal` is aborted. */
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
  throw new TypeError("content must be bytes, a Blob, a stream or an iterable of bytes");
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
  // Without a listener, an error of a Node stream ends the process. The iterator reports the error to the next read.
  if (isNodeStream(source)) source.on("error", () => undefined);
  return {
    next: () => (iterator ??= open()).next(),
    async cancel() {
      // The iterator of a Node stream ends its stream only if it was started and is not waiting for data.
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
