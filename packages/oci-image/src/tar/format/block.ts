/** The size of a block, in bytes. Headers, and the content of entries after padding, are whole blocks. */
export const BLOCK: number = 512;

/** The position and the length of the checksum in a header. */
export const CHECKSUM: { readonly start: number; readonly end: number } = { start: 148, end: 156 };

/** Returns `size`, rounded up to whole blocks. */
export function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}

/** Whether `block` has only zeros. */
export function isZero(block: Uint8Array): boolean {
  return block.every((byte) => byte === 0);
}

const EVEN_BYTES = 0x00ff00ff;

/** Returns the checksum of a header: the sum of its bytes, with spaces in place of the checksum. */
export function sumOf(block: Uint8Array): number {
  const words = new DataView(block.buffer, block.byteOffset, BLOCK);
  // Adds four bytes at once: the two halves of `pairs` are sums, and cannot overflow in 512 bytes.
  let pairs = 0;
  for (let at = 0; at < BLOCK; at += 4) {
    const word = words.getUint32(at);
    pairs += (word & EVEN_BYTES) + ((word >>> 8) & EVEN_BYTES);
  }
  let sum = (pairs & 0xffff) + (pairs >>> 16);
  for (let at = CHECKSUM.start; at < CHECKSUM.end; at += 1) sum += 0x20 - words.getUint8(at);
  return sum;
}

/** Returns the checksum as some old programs compute it: from bytes between -128 and 127. */
export function signedSumOf(block: Uint8Array): number {
  const negative = block.filter((byte, at) => byte > 127 && (at < CHECKSUM.start || at >= CHECKSUM.end));
  return sumOf(block) - 256 * negative.length;
}
