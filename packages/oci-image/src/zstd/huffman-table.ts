import { BackwardBits } from "./bits.ts";
import { readFseTable } from "./fse-table.ts";
import { MalformedZstd } from "./malformed.ts";

/**
 * A table of a prefix code: for each number of `maxBits` bits the symbol that it begins with, and the number of its bits.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8878#section-4.2}
 */
export interface HuffmanTable {
  readonly maxBits: number;
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
}

const MAX_BITS = 11;
/** The weight of the last symbol is not stored. */
const MAX_WEIGHTS = 255;
/** The highest first byte of weights that are compressed. */
const COMPRESSED = 127;
const WEIGHT_LIMITS = { maxLog: 6, maxSymbol: 255 } as const;

/**
 * Reads the description of a table.
 *
 * @param bytes - The description begins at `start`, and ends before `end`. At least 3 bytes must follow.
 * @returns The table and the end of its description.
 */
export function readHuffmanTable(
  bytes: Uint8Array,
  start: number,
  end: number,
): { readonly table: HuffmanTable; readonly end: number } {
  const first = bytes[start] ?? 0;
  const from = start + 1;
  const count = first - COMPRESSED;
  const to = from + (first > COMPRESSED ? (count + 1) >> 1 : first);
  if (from > end || to > end) throw new MalformedZstd("the description of a table ends too early");
  const weights = first > COMPRESSED ? plainWeights(bytes, from, count) : compressedWeights(bytes, from, to);
  return { table: buildTable(weights), end: to };
}

function plainWeights(bytes: Uint8Array, from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const pair = bytes[from + (i >> 1)] ?? 0;
    return i % 2 === 0 ? pair >> 4 : pair & 15;
  });
}

/** Reads weights from two state machines in turn. It ends when one of them has too few bits left. */
function compressedWeights(bytes: Uint8Array, from: number, to: number): number[] {
  const { table, end } = readFseTable(bytes, from, to, WEIGHT_LIMITS);
  const stream = new BackwardBits(bytes, end, to);
  const weights: number[] = [];
  let [state, other] = [stream.read(table.log), stream.read(table.log)];
  // A machine that never reads bits would not end.
  while (weights.length < MAX_WEIGHTS) {
    weights.push(table.symbols[state] ?? 0);
    const count = table.bits[state] ?? 0;
    if (stream.left < count) {
      weights.push(table.symbols[other] ?? 0);
      return weights;
    }
    [state, other] = [other, (table.bases[state] ?? 0) + stream.read(count)];
  }
  throw new MalformedZstd("a table has too many symbols");
}

function buildTable(weights: number[]): HuffmanTable {
  let sum = 0;
  for (const weight of weights) {
    if (weight > MAX_BITS) throw new MalformedZstd("a symbol has too many bits");
    sum += weight === 0 ? 0 : 1 << (weight - 1);
  }
  const maxBits = 32 - Math.clz32(sum);
  const rest = (1 << maxBits) - sum;
  if (sum === 0 || maxBits > MAX_BITS || weights.length > MAX_WEIGHTS || (rest & (rest - 1)) !== 0)
    throw new MalformedZstd("the code of a table is incomplete");
  weights.push(32 - Math.clz32(rest));
  const symbols = new Uint8Array(1 << maxBits);
  const bits = new Uint8Array(1 << maxBits);
  // The longest codes come first.
  for (let weight = 1, at = 0; weight <= maxBits; weight += 1) {
    const size = 1 << (weight - 1);
    for (const [symbol, its] of weights.entries()) {
      if (its !== weight) continue;
      symbols.fill(symbol, at, at + size);
      bits.fill(maxBits + 1 - weight, at, at + size);
      at += size;
    }
  }
  return { maxBits, symbols, bits };
}

/** Decodes a stream of symbols to `output`, from `at` to `end`. */
export function decodeHuffman(
  { maxBits, symbols, bits }: HuffmanTable,
  stream: BackwardBits,
  output: Uint8Array,
  at: number,
  end: number,
): void {
  for (let i = at; i < end; i += 1) {
    const code = stream.peek(maxBits);
    output[i] = symbols[code] ?? 0;
    stream.left -= bits[code] ?? 0;
    if (stream.left < 0) break;
  }
  stream.requireEnd();
}
