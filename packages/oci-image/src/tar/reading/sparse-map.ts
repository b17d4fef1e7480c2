import { excerpt } from "@ocilayout/oci-types/authors";

import { malformed } from "../errors.ts";
import { parseDecimal } from "../format/numbers.ts";
import { decodeText } from "../format/text.ts";
import type { SparseSegment } from "./header.ts";
import { requireField } from "./header-block.ts";
import type { PaxValues } from "./pax-values.ts";
import { SparsePairs } from "./sparse-pairs.ts";
import type { Steps } from "./steps.ts";

/** The facts about a sparse file. */
export interface SparseFile {
  /** The path, if the path in the header is another one. */
  readonly name?: string | undefined;
  /** The size with the zeros between the segments, in bytes. */
  readonly size: number;
  /** The segments, or the place of the segments that are not in the extended headers. */
  readonly segments: readonly SparseSegment[] | "after-header" | "in-content";
}

/** Reads the next block of an entry. */
export type NextBlock = () => Steps<Uint8Array>;

/** The size of the two numbers of a segment in a block, in bytes. */
const PAIR = 24;
const NEWLINE = 0x0a;
const ZERO = 0x30;

/**
 * Reads the map of a sparse file in GNU tar's own format: 4 segments in the header, and 21 in each of the blocks after it.
 *
 * @throws `RegistryError` `ARCHIVE_INVALID` if the map is malformed; `SIZE_INVALID` if it has too many segments.
 */
export function* readGnuMap(
  header: Uint8Array,
  offset: number,
  limit: number,
  nextBlock: NextBlock,
): Steps<readonly SparseSegment[]> {
  const pairs = new SparsePairs(offset, limit);
  let isOpen = addPairs(header.subarray(386, 386 + 4 * PAIR), pairs, offset);
  let isContinued = header[482] !== 0;
  while (isContinued) {
    // Programs disagree about a map that continues after its end.
    if (!isOpen) throw malformed(offset, "the map of a sparse file continues after its end");
    const block = yield* nextBlock();
    isOpen = addPairs(block.subarray(0, 21 * PAIR), pairs, offset);
    isContinued = block[504] !== 0;
  }
  return pairs.end(undefined);
}

/** Adds the segments in `fields`. Returns false if an empty one ended the map. */
function addPairs(fields: Uint8Array, pairs: SparsePairs, offset: number): boolean {
  for (let at = 0; at < fields.length; at += PAIR) {
    if (fields[at] === 0) return false;
    pairs.add(requireField(fields, [at, at + 12, "offset of a segment"], offset));
    pairs.add(requireField(fields, [at + 12, at + PAIR, "length of a segment"], offset));
  }
  return true;
}

/**
 * Takes the facts about a sparse file out of PAX records. Version 0.0 of the format repeats two keys, 0.1 has a list, and 1.0
 * has the segments in the content.
 *
 * @returns `undefined` if the file is not sparse.
 * @throws `RegistryError` `ARCHIVE_INVALID` if the facts are malformed; `SIZE_INVALID` if there are too many segments.
 * @see {@link https://www.gnu.org/software/tar/manual/html_section/Sparse-Formats.html}
 */
export function takeSparseFile(pax: PaxValues, offset: number, limit: number): SparseFile | undefined {
  if (pax.isEmpty) return undefined;
  const keys = [...pax.rest.keys()].filter((key) => key.startsWith("GNU.sparse."));
  if (keys.length === 0 && pax.sparsePairs.length === 0) return undefined;
  const name = pax.takeText("GNU.sparse.name");
  const size = pax.takeNumber("GNU.sparse.realsize") ?? pax.takeNumber("GNU.sparse.size");
  const major = pax.takeNumber("GNU.sparse.major");
  const minor = pax.takeNumber("GNU.sparse.minor");
  const count = pax.takeNumber("GNU.sparse.numblocks");
  const list = pax.takeText("GNU.sparse.map");
  if (size === undefined) throw malformed(offset, "a sparse file has no size");
  if (major === 1 && minor === 0) return { name, size, segments: "in-content" };
  // Programs disagree about a version without one of its numbers.
  if (!(major === undefined && minor === undefined) && !(major === 0 && (minor === 0 || minor === 1)))
    throw malformed(offset, `the format ${major ?? "?"}.${minor ?? "?"} of sparse files is not known`);
  if (list !== undefined && pax.sparsePairs.length > 0) throw malformed(offset, "a sparse file has two maps");
  const pairs = new SparsePairs(offset, limit);
  pairs.expect(count ?? 0);
  for (const value of list === undefined ? repeatedValues(pax, offset) : list.split(",")) {
    const number = parseDecimal(value);
    if (number === undefined) throw malformed(offset, `the map of a sparse file has ${excerpt(value)}`);
    pairs.add(number);
  }
  return { name, size, segments: pairs.end(count) };
}

/** Returns the values of the two repeated keys, which must alternate. */
function repeatedValues({ sparsePairs }: PaxValues, offset: number): string[] {
  return sparsePairs.map(([key, value], at) => {
    if (key !== (at % 2 === 0 ? "GNU.sparse.offset" : "GNU.sparse.numbytes"))
      throw malformed(offset, "the offsets and lengths of a sparse file do not alternate");
    return decodeText(value);
  });
}

/**
 * Reads the map at the beginning of the content of a sparse file: lines with the number of segments, and the offset and the
 * length of each.
 *
 * @throws `RegistryError` `ARCHIVE_INVALID` if a line is malformed; `SIZE_INVALID` if there are too many segments.
 */
export function* readContentMap(
  offset: number,
  limit: number,
  nextBlock: NextBlock,
): Steps<readonly SparseSegment[]> {
  const pairs = new SparsePairs(offset, limit);
  let count: number | undefined;
  let left = 1;
  let digits = "";
  while (left > 0) {
    for (const byte of yield* nextBlock()) {
      if (byte !== NEWLINE) {
        digits += String.fromCharCode(byte);
        if (byte < ZERO || digits.length > 16)
          throw malformed(offset, "the map of a sparse file is malformed");
        continue;
      }
      const value = parseDecimal(digits);
      if (value === undefined) throw malformed(offset, `the map of a sparse file has ${excerpt(digits)}`);
      digits = "";
      if (count !== undefined) pairs.add(value);
      else {
        count = value;
        pairs.expect(count);
        left += 2 * count;
      }
      left -= 1;
      if (left === 0) break;
    }
  }
  return pairs.end(count);
}
