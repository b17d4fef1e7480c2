import { BLOCK, CHECKSUM, sumOf } from "../format/block.ts";

const SLASH = 0x2f;

/** The size of a path in a header without a prefix, in bytes. */
const MOST_NAME = 100;

/**
 * Builds a ustar header.
 *
 * @see {@link https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06 | POSIX, ustar}
 */
export class UstarBlock {
  readonly #block: Uint8Array = new Uint8Array(BLOCK);

  constructor(typeflag: string) {
    this.setText(156, 157, ascii(typeflag));
    this.setText(257, 265, ascii("ustar\x0000"));
  }

  /** Sets the path, split at a slash if it is long. Returns false if it does not fit. */
  setPath(path: Uint8Array): boolean {
    const slash =
      path.length <= MOST_NAME ? -1 : path.indexOf(SLASH, Math.max(1, path.length - MOST_NAME - 1));
    const canSplit = slash > 0 && slash < path.length - 1;
    if (!canSplit) return this.setText(0, MOST_NAME, path);
    const hasPrefix = this.setText(345, 500, path.subarray(0, slash));
    return this.setText(0, MOST_NAME, path.subarray(slash + 1)) && hasPrefix;
  }

  /** Sets the bytes from `start` to `end`. Returns false if they do not fit or are not ASCII. */
  setText(start: number, end: number, bytes: Uint8Array): boolean {
    this.#block.set(bytes.subarray(0, end - start), start);
    return bytes.length <= end - start && isAscii(bytes);
  }

  /** Sets a number from `start` to `end`, or the nearest one that fits. Returns false if it does not fit. */
  setNumber(start: number, end: number, value: number): boolean {
    const digits = end - start - 1;
    const fitting = Math.min(Math.max(0, Math.floor(value)), 8 ** digits - 1);
    this.setText(start, end, ascii(fitting.toString(8).padStart(digits, "0")));
    return fitting === value;
  }

  /** Sets the checksum and returns the header. */
  finish(): Uint8Array {
    this.setText(
      CHECKSUM.start,
      CHECKSUM.end,
      ascii(`${sumOf(this.#block).toString(8).padStart(6, "0")}\0 `),
    );
    return this.#block;
  }
}

/** Encodes ASCII text. */
export function ascii(text: string): Uint8Array {
  // A loop, because Uint8Array.from takes most of the time of an archive of small files.
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes;
}

function isAscii(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte >= 0x80) return false;
  return true;
}
