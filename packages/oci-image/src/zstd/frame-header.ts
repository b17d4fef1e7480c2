import type { ZstdInput } from "./input.ts";
import { MalformedZstd, ZstdWindowTooLarge } from "./malformed.ts";

/** The properties of a frame. */
export interface FrameHeader {
  /** The largest distance of a match, in bytes. */
  readonly windowSize: number;
  /** The size of the decompressed content, in bytes. Absent if the frame does not state it. */
  readonly contentSize: number | undefined;
  readonly hasChecksum: boolean;
}

const MAGIC = 0xfd2f_b528;
const SKIPPABLE_MAGIC = 0x184d_2a50;

/** The number of bytes of the fields, by the value of their flag. */
const DICTIONARY_BYTES = [0, 1, 2, 4] as const;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;

/** The longest part of a header, in bytes. */
const MOST_BYTES = 13;

/**
 * Reads the header of a frame. Skips a skippable frame and returns `undefined`.
 *
 * @param maxWindow - The maximum size of the window, in bytes.
 * @see {@link https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1.1}
 */
export async function readFrameHeader(input: ZstdInput, maxWindow: number): Promise<FrameHeader | undefined> {
  const bytes = new Uint8Array(MOST_BYTES);
  const view = new DataView(bytes.buffer);
  await input.readInto(bytes, 4);
  const magic = view.getUint32(0, true);
  if ((magic & 0xffff_fff0) >>> 0 === SKIPPABLE_MAGIC) {
    await input.readInto(bytes, 4);
    await input.skip(view.getUint32(0, true));
    return undefined;
  }
  if (magic !== MAGIC) throw new MalformedZstd("it is not a frame of zstd");
  await input.readInto(bytes, 1);
  const flags = bytes[0] ?? 0;
  if ((flags & 8) !== 0) throw new MalformedZstd("a reserved bit of a frame is set");
  const isSingleSegment = (flags & 0x20) !== 0;
  let windowSize: number | undefined;
  if (!isSingleSegment) {
    await input.readInto(bytes, 1);
    const descriptor = bytes[0] ?? 0;
    const base = 2 ** (10 + (descriptor >> 3));
    windowSize = base + (base / 8) * (descriptor & 7);
  }
  const contentSize = await readFields(input, flags, isSingleSegment);
  windowSize ??= contentSize ?? 0;
  if (windowSize > maxWindow) throw new ZstdWindowTooLarge(`a frame needs a window of ${windowSize} bytes`);
  return { windowSize, contentSize, hasChecksum: (flags & 4) !== 0 };
}

/** Reads the number of the dictionary and the size of the content. */
async function readFields(
  input: ZstdInput,
  flags: number,
  isSingleSegment: boolean,
): Promise<number | undefined> {
  const dictionaryBytes = DICTIONARY_BYTES[flags & 3] ?? 0;
  const sizeBytes = CONTENT_SIZE_BYTES[flags >> 6] ?? 0;
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  await input.readInto(bytes, dictionaryBytes);
  if (bytes.some((byte) => byte !== 0)) throw new MalformedZstd("a frame needs a dictionary");
  await input.readInto(bytes, sizeBytes === 0 && isSingleSegment ? 1 : sizeBytes);
  if (sizeBytes === 0) return isSingleSegment ? bytes[0] : undefined;
  const size = Number(view.getBigUint64(0, true));
  return sizeBytes === 2 ? size + 256 : size;
}
