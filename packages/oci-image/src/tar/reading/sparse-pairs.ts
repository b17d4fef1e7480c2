import { beyondLimit, malformed } from "../errors.ts";
import type { SparseSegment } from "./header.ts";

/** Collects the numbers of a map of a sparse file: offsets and lengths by turns. */
export class SparsePairs {
  readonly #offset: number;
  readonly #limit: number;
  readonly #segments: SparseSegment[] = [];
  #start: number | undefined;

  /**
   * @param offset - The offset of the entry in the archive, for messages.
   * @param limit - The maximum number of segments.
   */
  constructor(offset: number, limit: number) {
    this.#offset = offset;
    this.#limit = limit;
  }

  /** @throws `RegistryError` `SIZE_INVALID` if the map has more than `count` segments, and that is too many. */
  expect(count: number): void {
    if (count > this.#limit)
      throw beyondLimit(this.#offset, "the number of segments of a sparse file", this.#limit);
  }

  add(value: number): void {
    if (this.#start === undefined) {
      this.#start = value;
      return;
    }
    this.#segments.push({ offset: this.#start, length: value });
    this.#start = undefined;
    this.expect(this.#segments.length);
  }

  /**
   * Returns the segments.
   *
   * @param count - The number of segments that the archive states, if it does.
   * @throws `RegistryError` `ARCHIVE_INVALID` if it is another number, or the last segment has no length.
   */
  end(count: number | undefined): readonly SparseSegment[] {
    if (this.#start !== undefined)
      throw malformed(this.#offset, "the last segment of a sparse file has no length");
    if (count !== undefined && count !== this.#segments.length)
      throw malformed(this.#offset, `a sparse file has ${this.#segments.length} segments, not ${count}`);
    return this.#segments;
  }
}

/**
 * Checks that the segments are in order, do not overlap, are inside the file, and have as many bytes as the archive.
 *
 * @throws `RegistryError` `ARCHIVE_INVALID` if not.
 */
export function requireSegments(
  segments: readonly SparseSegment[],
  { offset, size, dataSize }: { readonly offset: number; readonly size: number; readonly dataSize: number },
): void {
  let end = 0;
  let sum = 0;
  for (const segment of segments) {
    if (segment.offset < end)
      throw malformed(offset, "the segments of a sparse file overlap or are not in order");
    end = segment.offset + segment.length;
    sum += segment.length;
    if (end > size)
      throw malformed(offset, `a segment of a sparse file of ${size} bytes ends at byte ${end}`);
  }
  if (sum !== dataSize)
    throw malformed(offset, `the segments of a sparse file have ${sum} bytes, and its content ${dataSize}`);
}
