import { passUnshared } from "@ocilayout/oci-types/authors";

type Result = IteratorResult<Uint8Array, undefined>;

/** A consumer that waits for the next chunk. */
interface Waiting {
  readonly resolve: (result: Result) => void;
  readonly reject: (reason: unknown) => void;
}

const DONE: Result = { done: true, value: undefined };

/** One of several readers of the same content. */
export interface Consumer {
  readonly content: AsyncIterable<Uint8Array>;
  /** Ends this consumer, also if it never began to read. Does not wait for the source. Idempotent. */
  readonly leave: () => Promise<unknown>;
}

/**
 * Reads `source` once for several consumers. All of them receive a chunk before the next one is read, so memory is needed
 * for one chunk only. A consumer that left no longer holds up the others. The source ends with the last consumer.
 */
export function broadcast(source: AsyncIterable<Uint8Array>, count: number): Consumer[] {
  const shared = new Shared(source[Symbol.asyncIterator](), count);
  return Array.from({ length: count }, (_, consumer) => {
    const leave = (): Promise<Result> => shared.leave(consumer);
    const iterator = { next: () => shared.next(consumer), return: leave };
    return { content: passUnshared(source, { [Symbol.asyncIterator]: () => iterator }), leave };
  });
}

class Shared {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #waiting: Map<number, Waiting> = new Map();
  /** The consumers that have not left. */
  readonly #live: Set<number>;
  #isReading = false;

  constructor(source: AsyncIterator<Uint8Array>, count: number) {
    this.#source = source;
    this.#live = new Set(Array.from({ length: count }, (_, consumer) => consumer));
  }

  next(consumer: number): Promise<Result> {
    if (!this.#live.has(consumer)) return Promise.resolve(DONE);
    return new Promise((resolve, reject) => {
      this.#waiting.set(consumer, { resolve, reject });
      this.#advance();
    });
  }

  async leave(consumer: number): Promise<Result> {
    this.#waiting.get(consumer)?.resolve(DONE);
    this.#waiting.delete(consumer);
    if (!this.#live.delete(consumer)) return DONE;
    if (this.#live.size === 0) void this.#end();
    else this.#advance();
    return DONE;
  }

  /** Ends the source. One that waits for its next chunk may never answer. */
  async #end(): Promise<void> {
    try {
      await this.#source.return?.();
    } catch {
      // Every consumer has left, so the content is not needed.
    }
  }

  /** Reads the next chunk, if all consumers wait for it. */
  #advance(): void {
    if (this.#isReading || this.#waiting.size < this.#live.size) return;
    this.#isReading = true;
    this.#source.next().then(
      ({ done, value }) => {
        this.#settle(({ resolve }) => {
          resolve(done === true ? DONE : { done: false, value });
        });
      },
      (error: unknown) => {
        this.#settle(({ reject }) => {
          reject(error);
        });
      },
    );
  }

  #settle(use: (one: Waiting) => void): void {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#isReading = false;
    all.forEach(use);
  }
}
