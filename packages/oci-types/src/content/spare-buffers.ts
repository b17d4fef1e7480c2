/**
 * Buffers of one size that are kept for the next use. V8 frees the memory of a buffer only when it collects garbage, and
 * that may not happen before 64 MiB are waiting. So a process that copies many blobs would hold that much for nothing.
 */
export class SpareBuffers {
  readonly #size: number;
  readonly #most: number;
  readonly #spare: Uint8Array[] = [];

  /**
   * @param size - In bytes.
   * @param most - The number of buffers that are kept.
   */
  constructor(size: number, most: number) {
    this.#size = size;
    this.#most = most;
  }

  /** Returns a buffer with any content. */
  take(): Uint8Array {
    return this.#spare.pop() ?? new Uint8Array(this.#size);
  }

  /** Keeps a buffer that is not used anymore, if it has the right size and there is room. */
  give(buffer: Uint8Array | undefined): void {
    if (buffer?.length === this.#size && this.#spare.length < this.#most) this.#spare.push(buffer);
  }
}
