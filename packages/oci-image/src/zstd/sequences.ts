import { BackwardBits } from "./bits.ts";
import { MalformedZstd } from "./malformed.ts";
import type { OutputWindow } from "./output-window.ts";
import { literalBases, literalBits, matchBases, matchBits, type SequenceTables } from "./sequence-tables.ts";

/** The last three distances of matches in a frame, the latest first. */
export interface RecentDistances {
  first: number;
  second: number;
  third: number;
}

/** The distances at the beginning of a frame. */
export const firstDistances: Readonly<RecentDistances> = { first: 1, second: 4, third: 8 };

/** The literals of a block. */
interface BlockLiterals {
  readonly bytes: Uint8Array;
  readonly size: number;
}

/** Values up to this one stand for a recent distance. */
const RECENT = 3;

/** Larger offsets are beyond every window, and negative in 32 bits. */
const MAX_OFFSET_CODE = 30;

/**
 * Decodes the sequences of a block: each appends literals, then bytes of the output again. The rest of the literals follows.
 *
 * @param block - The stream of bits is from `start` to `end`. At least 3 bytes must follow.
 * @param maxSize - The maximum size of the block after decompression, in bytes. The window has room for it.
 * @see {@link https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1.4}
 */
export function decodeSequences(
  block: Uint8Array,
  start: number,
  end: number,
  count: number,
  { literals: literalTable, offsets, matches }: SequenceTables,
  literals: BlockLiterals,
  output: OutputWindow,
  maxSize: number,
  recent: RecentDistances,
): void {
  const stream = new BackwardBits(block, start, end);
  const last = output.end + maxSize;
  let literalState = stream.read(literalTable.log);
  let offsetState = stream.read(offsets.log);
  let matchState = stream.read(matches.log);
  let used = 0;
  for (let left = count; left > 0; left -= 1) {
    const literalCode = literalTable.symbols[literalState] ?? 0;
    const matchCode = matches.symbols[matchState] ?? 0;
    const offsetCode = offsets.symbols[offsetState] ?? 0;
    if (offsetCode > MAX_OFFSET_CODE) throw new MalformedZstd("a match is before the beginning");
    const offset = (1 << offsetCode) + stream.readLong(offsetCode);
    const matchLength = (matchBases[matchCode] ?? 0) + stream.read(matchBits[matchCode] ?? 0);
    const literalLength = (literalBases[literalCode] ?? 0) + stream.read(literalBits[literalCode] ?? 0);
    const to = used + literalLength;
    if (to > literals.size || output.end + literalLength + matchLength > last)
      throw new MalformedZstd("a sequence is longer than its block");
    copyLiterals(output, literals.bytes, used, to);
    used = to;
    output.copyMatch(distanceOf(offset, literalLength === 0, recent), matchLength);
    if (left === 1) break;
    literalState =
      (literalTable.bases[literalState] ?? 0) + stream.read(literalTable.bits[literalState] ?? 0);
    matchState = (matches.bases[matchState] ?? 0) + stream.read(matches.bits[matchState] ?? 0);
    offsetState = (offsets.bases[offsetState] ?? 0) + stream.read(offsets.bits[offsetState] ?? 0);
  }
  stream.requireEnd();
  if (output.end + literals.size - used > last) throw new MalformedZstd("a block is too long");
  copyLiterals(output, literals.bytes, used, literals.size);
}

function copyLiterals(output: OutputWindow, literals: Uint8Array, from: number, to: number): void {
  const { bytes, end } = output;
  if (to - from > 32) bytes.set(literals.subarray(from, to), end);
  else for (let i = from; i < to; i += 1) bytes[end + i - from] = literals[i] ?? 0;
  output.end = end + to - from;
}

/** Returns the distance of a match, and makes it the latest one. */
function distanceOf(offset: number, isWithoutLiterals: boolean, recent: RecentDistances): number {
  const { first, second, third } = recent;
  const index = isWithoutLiterals ? offset : offset - 1;
  if (offset <= RECENT && index === 0) return first;
  let distance = offset - RECENT;
  if (offset <= RECENT) distance = index === 1 ? second : index === 2 ? third : first - 1;
  if (offset > RECENT || index > 1) recent.third = second;
  recent.second = first;
  recent.first = distance;
  return distance;
}
