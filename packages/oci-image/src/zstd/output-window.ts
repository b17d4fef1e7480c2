import { MalformedZstd } from "./malformed.ts";

const MIB = 1024 * 1024;

/** The maximum size of a block, in bytes. */
export const MAX_BLOCK: number = 128 * 1024;

/**
 * The output of a frame: at least its last `windowSize` bytes, which matches refer to. The memory grows with the output, so a
 * large window costs nothing in a small frame.
 */
export class OutputWindow {
  bytes: Uint8Array = new Uint8Array(2 * MAX_BLOCK);
  /** The end of the output in `bytes`. */
  end = 0;
  #windowSize = 0;

  /** Starts a frame. */
  begin(windowSize: number): void {
    this.#windowSize = windowSize;
    this.end = 0;
  }

  /** Makes room for a block. */
  reserveBlock(): void {
    if (this.end + MAX_BLOCK <= this.bytes.length) return;
    // A window moves only after that many bytes of output, so moving costs little for each byte.
    const most = this.#windowSize + Math.max(MIB, this.#windowSize >> 2) + MAX_BLOCK;
    if (this.bytes.length < most) {
      const larger = new Uint8Array(Math.min(most, 2 * this.bytes.length));
      larger.set(this.bytes.subarray(0, this.end));
      this.bytes = larger;
      return;
    }
    const kept = Math.min(this.#windowSize, this.end);
    this.bytes.copyWithin(0, this.end - kept, this.end);
    this.end = kept;
  }

  /** Appends bytes of a block that were not compressed. */
  append(content: Uint8Array): void {
    this.bytes.set(content, this.end);
    this.end += content.length;
  }

  /** Appends the same byte `count` times. */
  repeat(byte: number, count: number): void {
    this.bytes.fill(byte, this.end, this.end + count);
    this.end += count;
  }

  /** Appends `length` bytes again that are `distance` before the end. They may overlap. */
  copyMatch(distance: number, length: number): void {
    const { bytes, end } = this;
    if (distance > end || distance > this.#windowSize || distance === 0)
      throw new MalformedZstd("a match is before the beginning");
    const from = end - distance;
    if (length > 32 && distance >= length) bytes.copyWithin(end, from, from + length);
    else for (let i = 0; i < length; i += 1) bytes[end + i] = bytes[from + i] ?? 0;
    this.end = end + length;
  }
}
