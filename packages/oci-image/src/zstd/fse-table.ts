import { MalformedZstd } from "./malformed.ts";

/**
 * A table of a finite state machine: for each state the symbol, the number of bits to read, and the number to add to them, which
 * is the next state.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8878#section-4.1.1}
 */
export interface FseTable {
  /** The number of bits of a state. */
  readonly log: number;
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
  readonly bases: Uint16Array;
}

/** Limits of a table. */
export interface FseLimits {
  readonly maxLog: number;
  readonly maxSymbol: number;
}

/** Builds a table. `counts` has the number of states of each symbol. -1 is a symbol with one state at the end of the table. */
export function buildFseTable(counts: readonly number[], log: number): FseTable {
  const size = 1 << log;
  const symbols = new Uint8Array(size);
  const bits = new Uint8Array(size);
  const bases = new Uint16Array(size);
  const next = Uint16Array.from(counts, Math.abs);
  let last = size - 1;
  for (const [symbol, count] of counts.entries()) {
    if (count !== -1) continue;
    symbols[last] = symbol;
    last -= 1;
  }
  const step = (size >> 1) + (size >> 3) + 3;
  let state = 0;
  for (const [symbol, count] of counts.entries()) {
    for (let i = 0; i < count; i += 1) {
      symbols[state] = symbol;
      do state = (state + step) & (size - 1);
      while (state > last);
    }
  }
  for (const [at, symbol] of symbols.entries()) {
    const number = next[symbol] ?? 0;
    next[symbol] = number + 1;
    const count = log - (31 - Math.clz32(number));
    bits[at] = count;
    bases[at] = (number << count) - size;
  }
  return { log, symbols, bits, bases };
}

/** Returns a table with one state, which reads no bits. */
export function singleSymbolTable(symbol: number): FseTable {
  return { log: 0, symbols: Uint8Array.of(symbol), bits: new Uint8Array(1), bases: new Uint16Array(1) };
}

/**
 * Reads the description of a table.
 *
 * @param bytes - The description begins at `start`, and ends before `end`. At least 3 bytes must follow.
 * @returns The table and the end of its description.
 */
export function readFseTable(
  bytes: Uint8Array,
  start: number,
  end: number,
  { maxLog, maxSymbol }: FseLimits,
): { readonly table: FseTable; readonly end: number } {
  let bit = 0;
  const peek = (count: number): number => {
    const at = start + (bit >>> 3);
    const word = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
    return (word >>> (bit & 7)) & ((1 << count) - 1);
  };
  const log = peek(4) + 5;
  bit += 4;
  if (log > maxLog) throw new MalformedZstd("a table is too large");
  const counts: number[] = [];
  let left = 1 << log;
  while (left > 0) {
    // Numbers up to left + 1 are possible. The lowest of them have one bit less.
    const width = 32 - Math.clz32(left + 1);
    const short = (1 << width) - 2 - left;
    let value = peek(width);
    const low = value & ((1 << (width - 1)) - 1);
    if (low < short) {
      bit += width - 1;
      value = low;
    } else {
      bit += width;
      if (value !== low) value -= short;
    }
    const count = value - 1;
    counts.push(count);
    left -= Math.abs(count);
    for (let more = count === 0 ? 3 : 0; more === 3;) {
      more = peek(2);
      bit += 2;
      for (let i = 0; i < more; i += 1) counts.push(0);
      if (counts.length > maxSymbol) break;
    }
    if (counts.length > maxSymbol + 1) throw new MalformedZstd("a table has too many symbols");
  }
  const used = start + ((bit + 7) >>> 3);
  if (left !== 0 || used > end) throw new MalformedZstd("the description of a table is malformed");
  return { table: buildFseTable(counts, log), end: used };
}
