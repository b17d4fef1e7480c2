import { BackwardBits } from "./bits.ts";
import { decodeHuffman, type HuffmanTable, readHuffmanTable } from "./huffman-table.ts";
import { MalformedZstd } from "./malformed.ts";

/** The literals of a block. */
export interface Literals {
  readonly size: number;
  /** The end of the section. */
  readonly end: number;
  /** The table for a later block that has none. */
  readonly table: HuffmanTable | undefined;
}

const RAW = 0;
const REPEATED_BYTE = 1;
const WITH_TABLE = 2;

/** The size of the table of four streams, in bytes. */
const JUMP_BYTES = 6;

/**
 * Decodes the literals of a block.
 *
 * @param block - The section begins at 0, and ends before `end`. At least 3 bytes must follow.
 * @param into - Receives the literals.
 * @param maxSize - The maximum number of literals.
 * @param before - The table of an earlier block of the frame.
 * @see {@link https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1.3.1}
 */
export function decodeLiterals(
  block: Uint8Array,
  end: number,
  into: Uint8Array,
  maxSize: number,
  before: HuffmanTable | undefined,
): Literals {
  const first = block[0] ?? 0;
  const type = first & 3;
  const format = (first >> 2) & 3;
  if (type === RAW || type === REPEATED_BYTE) {
    const headerBytes = format === 3 ? 3 : format === 1 ? 2 : 1;
    const word = first | ((block[1] ?? 0) << 8) | ((block[2] ?? 0) << 16);
    const size = headerBytes === 1 ? first >> 3 : (word & (2 ** (8 * headerBytes) - 1)) >>> 4;
    const to = headerBytes + (type === RAW ? size : 1);
    requireFits(size, maxSize, to, end);
    if (type === RAW) into.set(block.subarray(headerBytes, to));
    else into.fill(block[headerBytes] ?? 0, 0, size);
    return { size, end: to, table: before };
  }
  const headerBytes = format < 2 ? 3 : format + 2;
  const width = format < 2 ? 10 : 4 * format + 6;
  // The header has up to 40 bits.
  let header = 0;
  for (let i = headerBytes - 1; i >= 0; i -= 1) header = header * 256 + (block[i] ?? 0);
  header = Math.floor(header / 16);
  const size = header % 2 ** width;
  const to = headerBytes + Math.floor(header / 2 ** width);
  requireFits(size, maxSize, to, end);
  const read =
    type === WITH_TABLE ? readHuffmanTable(block, headerBytes, to) : { table: before, end: headerBytes };
  if (read.table === undefined) throw new MalformedZstd("the first literals of a frame have no table");
  if (format === 0) decodeHuffman(read.table, new BackwardBits(block, read.end, to), into, 0, size);
  else decodeFourStreams(read.table, block, read.end, to, into, size);
  return { size, end: to, table: read.table };
}

function requireFits(size: number, maxSize: number, to: number, end: number): void {
  if (size > maxSize || to > end) throw new MalformedZstd("the literals of a block are too long");
}

function decodeFourStreams(
  table: HuffmanTable,
  block: Uint8Array,
  start: number,
  end: number,
  into: Uint8Array,
  size: number,
): void {
  const each = (size + 3) >> 2;
  if (size < 3 * each || start + JUMP_BYTES > end)
    throw new MalformedZstd("the literals of a block are too short");
  let from = start + JUMP_BYTES;
  for (let i = 0; i < 4; i += 1) {
    const jump = start + 2 * i;
    const to = i === 3 ? end : from + (block[jump] ?? 0) + 256 * (block[jump + 1] ?? 0);
    if (to > end) throw new MalformedZstd("a stream of literals is too long");
    const last = i === 3 ? size : (i + 1) * each;
    decodeHuffman(table, new BackwardBits(block, from, to), into, i * each, last);
    from = to;
  }
}
