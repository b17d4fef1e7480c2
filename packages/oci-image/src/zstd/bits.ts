import { MalformedZstd } from "./malformed.ts";

/**
 * Reads numbers from the end of a stream of bits to its beginning. The first bit that is set is the mark of the end.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8878#section-4.1}
 */
export class BackwardBits {
  /** The number of bits that were not read. */
  left: number;
  readonly #bytes: Uint8Array;
  readonly #start: number;

  /** @param bytes - The stream is from `start` to `end`. At least 3 bytes must follow. */
  constructor(bytes: Uint8Array, start: number, end: number) {
    const last = bytes[end - 1] ?? 0;
    if (end <= start || last === 0) throw new MalformedZstd("a stream of bits has no end");
    this.#bytes = bytes;
    this.#start = start;
    this.left = (end - start - 1) * 8 + 31 - Math.clz32(last);
  }

  /** Reads a number of at most 25 bits. */
  read(count: number): number {
    const left = this.left - count;
    if (left < 0) throw new MalformedZstd("a stream of bits is too short");
    this.left = left;
    return (this.#load(left) >>> (left & 7)) & ((1 << count) - 1);
  }

  /** Reads a number of at most 32 bits. */
  readLong(count: number): number {
    if (count <= 25) return this.read(count);
    const high = this.read(count - 16);
    return ((high << 16) | this.read(16)) >>> 0;
  }

  /** Returns the next `count` bits, at most 25, without reading them. Zeros are before the beginning. */
  peek(count: number): number {
    const left = this.left - count;
    if (left < 0) return (this.#load(0) & ((1 << this.left) - 1)) << -left;
    return (this.#load(left) >>> (left & 7)) & ((1 << count) - 1);
  }

  /** @throws {@link MalformedZstd} if bits are left. */
  requireEnd(): void {
    if (this.left !== 0) throw new MalformedZstd("a stream of bits has another length than its content");
  }

  /** Loads 32 bits, from the byte of a bit. */
  #load(bit: number): number {
    const bytes = this.#bytes;
    const at = this.#start + (bit >>> 3);
    return (
      (bytes[at] ?? 0) |
      ((bytes[at + 1] ?? 0) << 8) |
      ((bytes[at + 2] ?? 0) << 16) |
      ((bytes[at + 3] ?? 0) << 24)
    );
  }
}
