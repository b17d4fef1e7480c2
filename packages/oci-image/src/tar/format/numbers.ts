const SPACE = 0x20;
const ZERO = 0x30;

/**
 * Parses a number of a header: octal digits, or base-256 if the first bit is set. A blank field is 0.
 *
 * @returns `undefined` if the field is malformed, or the number is not a safe integer.
 */
export function parseNumber(block: Uint8Array, start: number, end: number): number | undefined {
  return at(block, start) < 0x80 ? parseOctal(block, start, end) : parseBase256(block, start, end);
}

/** Spaces and zeros can precede the digits. A space or a zero ends them, and only a zero can precede other bytes. */
function parseOctal(block: Uint8Array, start: number, end: number): number | undefined {
  let position = start;
  while (position < end && (at(block, position) === SPACE || at(block, position) === 0)) position += 1;
  let value = 0;
  for (; position < end; position += 1) {
    const digit = at(block, position) - ZERO;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  while (position < end && at(block, position) === SPACE) position += 1;
  return position === end || at(block, position) === 0 ? value : undefined;
}

/** Two's complement, the most significant byte first. The first bit of the field does not belong to the number. */
function parseBase256(block: Uint8Array, start: number, end: number): number | undefined {
  const first = at(block, start) & 0x7f;
  let value = first < 0x40 ? first : first - 0x80;
  for (let position = start + 1; position < end; position += 1) value = value * 256 + at(block, position);
  return Number.isSafeInteger(value) ? value : undefined;
}

function at(block: Uint8Array, position: number): number {
  return block[position] ?? 0;
}

/** Parses a decimal number of a PAX record. Returns `undefined` if it is malformed, negative or not a safe integer. */
export function parseDecimal(text: string): number | undefined {
  const value = /^\d+$/.test(text) ? Number(text) : undefined;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Parses a time of a PAX record, in seconds. Returns `undefined` if it is malformed or beyond the safe integers. */
export function parseTime(text: string): number | undefined {
  if (!/^-?\d{1,20}(?:\.\d{0,40})?$/.test(text)) return undefined;
  const value = Number(text);
  return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? value : undefined;
}
