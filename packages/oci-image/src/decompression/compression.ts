/** How a layer is compressed. */
export type Compression = "none" | "gzip" | "zstd";

/** The number of bytes that {@link detectCompression} needs. */
export const MAGIC_BYTES = 4;

/**
 * Detects the compression of a layer from its first bytes. The media type does not count, because some programs write
 * plain layers with the type of compressed ones. Runtimes do the same.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc1952#section-2.3.1 | gzip}
 * @see {@link https://www.rfc-editor.org/rfc/rfc8878#section-3.1 | zstd}
 */
export function detectCompression(start: Uint8Array): Compression {
  const [first, second, third, fourth] = start;
  if (first === 0x1f && second === 0x8b) return "gzip";
  const isMagic = (byte: number | undefined): boolean => second === byte && third === 0x2f && fourth === 0xfd;
  if (first === 0x28 && isMagic(0xb5)) return "zstd";
  const isSkippable = first !== undefined && first >= 0x50 && first <= 0x5f;
  return isSkippable && second === 0x2a && third === 0x4d && fourth === 0x18 ? "zstd" : "none";
}
