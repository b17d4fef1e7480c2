import {
  buildFseTable,
  type FseLimits,
  type FseTable,
  readFseTable,
  singleSymbolTable,
} from "./fse-table.ts";
import { MalformedZstd } from "./malformed.ts";

/** The tables of the sequences of a block. */
export interface SequenceTables {
  readonly literals: FseTable;
  readonly offsets: FseTable;
  readonly matches: FseTable;
}

const LITERAL_LIMITS = { maxLog: 9, maxSymbol: 35 } as const;
const MATCH_LIMITS = { maxLog: 9, maxSymbol: 52 } as const;
/** A code is the number of bits of an offset. */
const OFFSET_LIMITS = { maxLog: 8, maxSymbol: 31 } as const;

/** The tables without a description. See {@link https://www.rfc-editor.org/rfc/rfc8878#appendix-A}. */
const DEFAULTS: SequenceTables = {
  literals: buildFseTable(
    [4, 3, ...times(11, 2), 1, 1, 1, ...times(9, 2), 3, 2, ...times(5, 1), ...times(4, -1)],
    6,
  ),
  offsets: buildFseTable([...times(6, 1), 2, 2, 2, ...times(15, 1), ...times(5, -1)], 5),
  matches: buildFseTable([1, 4, 3, ...times(6, 2), ...times(37, 1), ...times(7, -1)], 6),
};

const STEPS = [1, 1, 1, 1, 2, 2, 3, 3, 4] as const;

/** The number of bits to add for each code of the number of literals, and the value without them. */
export const literalBits: Uint8Array = Uint8Array.from([times(16, 0), STEPS, upFrom(6, 11)].flat());
export const literalBases: Uint32Array = basesOf(0, literalBits);

/** The number of bits to add for each code of the length of a match, and the value without them. */
export const matchBits: Uint8Array = Uint8Array.from([times(32, 0), STEPS, [4, 5], upFrom(7, 10)].flat());
export const matchBases: Uint32Array = basesOf(3, matchBits);

/**
 * Reads the tables of a block.
 *
 * @param modes - The byte that describes the three tables.
 * @param before - The tables of an earlier block of the frame.
 * @see {@link https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1.3.2.1}
 */
export function readSequenceTables(
  block: Uint8Array,
  start: number,
  end: number,
  modes: number,
  before: SequenceTables | undefined,
): { readonly tables: SequenceTables; readonly end: number } {
  if ((modes & 3) !== 0) throw new MalformedZstd("a reserved bit of a block is set");
  let at = start;
  const read = (mode: number, name: keyof SequenceTables, limits: FseLimits): FseTable => {
    if (mode === 0) return DEFAULTS[name];
    if (mode === 1) {
      const symbol = block[at] ?? 0;
      if (at >= end || symbol > limits.maxSymbol) throw new MalformedZstd("a table has an unknown symbol");
      at += 1;
      return singleSymbolTable(symbol);
    }
    if (mode === 2) {
      const { table, end: to } = readFseTable(block, at, end, limits);
      at = to;
      return table;
    }
    if (before === undefined) throw new MalformedZstd("the first sequences of a frame have no table");
    return before[name];
  };
  const literals = read(modes >> 6, "literals", LITERAL_LIMITS);
  const offsets = read((modes >> 4) & 3, "offsets", OFFSET_LIMITS);
  const matches = read((modes >> 2) & 3, "matches", MATCH_LIMITS);
  return { tables: { literals, offsets, matches }, end: at };
}

function times(count: number, value: number): number[] {
  return Array.from({ length: count }, () => value);
}

function upFrom(start: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => start + i);
}

/** Returns the first values of codes: each follows the last value of the code before it. */
function basesOf(start: number, bits: Uint8Array): Uint32Array {
  let base = start;
  return Uint32Array.from(bits, (count) => {
    const own = base;
    base += 2 ** count;
    return own;
  });
}
