/**
 * Memory of one text, which the next text is written to. The first use of new memory takes up to twenty times as long as
 * the writing, because the system provides each page when it is first touched. The garbage collector may take it away.
 */
export class SpareMemory {
  #spare: WeakRef<ArrayBuffer> | undefined;

  /** Returns `length` bytes with any content, which belong to the caller. */
  take(length: number): Buffer<ArrayBuffer> {
    const spare = this.#spare?.deref();
    this.#spare = undefined;
    const isEnough = spare !== undefined && spare.byteLength >= length;
    // A little more, because the next text is often a little longer.
    const memory = isEnough ? spare : Buffer.allocUnsafeSlow(length + (length >> 4)).buffer;
    return Buffer.from(memory, 0, length);
  }

  /** Gives back what {@link take} returned. It must not be used afterwards. */
  give({ buffer }: Buffer<ArrayBuffer>): void {
    this.#spare = new WeakRef(buffer);
  }
}
