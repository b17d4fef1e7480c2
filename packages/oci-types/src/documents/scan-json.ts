/**
 * Finds the parts of a JSON text, so that one part can be changed while the rest keeps every byte.
 *
 * It finds only where parts begin and end. `JSON.parse` decides whether a part is valid.
 *
 * `scanDocument` is a separate scanner: it counts the values of raw bytes, and never fails on invalid
 * JSON. A tokenizer for both would be slower than either.
 */

/** The text is not JSON of the expected form. */
export class JsonTextError extends Error {}

/** A member of an object in a text. */
export interface MemberSpan {
  /** The decoded key. */
  readonly key: string;
  /** The position of the key's opening quote. */
  readonly start: number;
  /** The position of the value. */
  readonly valueStart: number;
  /** The position after the value. */
  readonly end: number;
}

/** An element of an array in a text. */
export interface ElementSpan {
  /** The position of the element. */
  readonly start: number;
  /** The position after the element. */
  readonly end: number;
}

/** The parts of an object or array, and the position of its closing bracket. */
export interface Spans<Span> {
  /** The members or elements, in order. */
  readonly spans: readonly Span[];
  /** The position of the closing bracket. */
  readonly closing: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Returns the members of the object that begins at `start`.
 *
 * @param endOf - Finds the end of the value of a member, given its key and its start. By default, and if it returns
 * `undefined`, the value is skipped.
 */
export function scanMembers(
  text: string,
  start: number,
  endOf: (key: string, valueStart: number) => number | undefined = () => undefined,
): Spans<MemberSpan> {
  const { spans, closing } = scanList(text, start, OPEN_OBJECT, CLOSE_OBJECT, (at) => {
    const keyEnd = skipString(text, at);
    const colon = skipSpace(text, keyEnd);
    if (text.charCodeAt(colon) !== COLON) throw new JsonTextError("the text is not valid JSON");
    const valueStart = skipSpace(text, colon + 1);
    const key = readString(text.slice(at, keyEnd));
    return { key, start: at, valueStart, end: endOf(key, valueStart) ?? skipValue(text, valueStart) };
  });
  return { spans, closing };
}

/** Returns the elements of the array that begins at `start`. */
export function scanElements(text: string, start: number): Spans<ElementSpan> {
  return scanList(text, start, OPEN_ARRAY, CLOSE_ARRAY, (at) => ({ start: at, end: skipValue(text, at) }));
}

/** Returns the position after the white space at `at`. */
export function skipSpace(text: string, at: number): number {
  let place = at;
  for (;;) {
    const code = text.charCodeAt(place);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return place;
    place += 1;
  }
}

function scanList<Span extends { end: number }>(
  text: string,
  start: number,
  open: number,
  close: number,
  scanPart: (at: number) => Span,
): Spans<Span> {
  if (text.charCodeAt(start) !== open) throw new JsonTextError("the text is not valid JSON");
  const spans: Span[] = [];
  let at = skipSpace(text, start + 1);
  if (text.charCodeAt(at) === close) return { spans, closing: at };
  for (;;) {
    const part = scanPart(at);
    spans.push(part);
    at = skipSpace(text, part.end);
    const code = text.charCodeAt(at);
    if (code === close) return { spans, closing: at };
    if (code !== COMMA) throw new JsonTextError("the text is not valid JSON");
    at = skipSpace(text, at + 1);
  }
}

function readString(raw: string): string {
  try {
    return JSON.parse(raw) as string;
  } catch (cause) {
    throw new JsonTextError("the text is not valid JSON", { cause });
  }
}

/** Returns the position after the string that begins at `at`. */
function skipString(text: string, at: number): number {
  if (text.charCodeAt(at) !== QUOTE) throw new JsonTextError("the text is not valid JSON");
  let end = at;
  for (;;) {
    end = text.indexOf('"', end + 1);
    if (end < 0) throw new JsonTextError("unexpected end of the text");
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return end + 1;
  }
}

/** Returns the position after the value that begins at `at`. Not recursive, because the text may be nested deeply. */
function skipValue(text: string, start: number): number {
  let at = start;
  let depth = 0;
  for (;;) {
    const code = text.charCodeAt(at);
    if (Number.isNaN(code)) throw new JsonTextError("unexpected end of the text");
    if (code === QUOTE) {
      at = skipString(text, at);
      if (depth === 0) return at;
      continue;
    }
    if (code === OPEN_OBJECT || code === OPEN_ARRAY) depth += 1;
    else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (depth === 0 && (code === COMMA || code <= 0x20)) depth = -1;
    if (depth < 0) {
      if (at === start) throw new JsonTextError("the text is not valid JSON");
      return at;
    }
    at += 1;
  }
}
