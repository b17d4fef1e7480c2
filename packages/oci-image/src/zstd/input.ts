import { MalformedZstd } from "./malformed.ts";

/** Reads a given number of bytes from chunks of any size. */
export class ZstdInput {
  readonly #chunks: AsyncIterator<Uint8Array, unknown>;
  #chunk: Uint8Array = new Uint8Array();
  #at = 0;

  /** @param chunks - A chunk is valid until the next one is requested. */
  constructor(chunks: AsyncIterator<Uint8Array, unknown>) {
    this.#chunks = chunks;
  }

  /** Whether another byte exists. */
  async hasMore(): Promise<boolean> {
    while (this.#at === this.#chunk.length) {
      const result = await this.#chunks.next();
      if (result.done === true) return false;
      this.#chunk = result.value;
      this.#at = 0;
    }
    return true;
  }

  /**
   * Reads `length` bytes to the beginning of `target`.
   *
   * @throws {@link MalformedZstd} if the input ends before.
   */
  async readInto(target: Uint8Array, length: number): Promise<void> {
    await this.#take(length, (part, at) => {
      target.set(part, at);
    });
  }

  /**
   * Skips `length` bytes.
   *
   * @throws {@link MalformedZstd} if the input ends before.
   */
  async skip(length: number): Promise<void> {
    await this.#take(length, () => undefined);
  }

  async #take(length: number, use: (part: Uint8Array, at: number) => void): Promise<void> {
    for (let done = 0; done < length;) {
      if (this.#at === this.#chunk.length && !(await this.hasMore()))
        throw new MalformedZstd("it ends too early");
      const part = this.#chunk.subarray(this.#at, this.#at + length - done);
      use(part, done);
      this.#at += part.length;
      done += part.length;
    }
  }
}
