/**
 * Finds the parts of a JSON text, so that one part can be changed while the rest keeps every byte.
 *
 * It finds only where parts begin and end. `JSON.parse` decides whether a part is valid.
 *
 * There are other scanners, and a tokenizer for all would be slower than each: `scanDocument` counts the values of raw bytes,
 * and never fails on invalid JSON. `layout-core` finds the entries of `index.json` in its bytes.
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

/** The members of an object, and the position of its closing bracket. */
export interface MemberSpans {
  /** The members, in order. */
  readonly spans: readonly MemberSpan[];
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

/** Returns the members of the object that begins at `start`. */
export function scanMembers(text: string, start: number): MemberSpans {
  if (text.charCodeAt(start) !== OPEN_OBJECT) throw new JsonTextError("the text is not valid JSON");
  const spans: MemberSpan[] = [];
  let at = skipSpace(text, start + 1);
  if (text.charCodeAt(at) === CLOSE_OBJECT) return { spans, closing: at };
  for (;;) {
    const member = scanMember(text, at);
    spans.push(member);
    at = skipSpace(text, member.end);
    const code = text.charCodeAt(at);
    if (code === CLOSE_OBJECT) return { spans, closing: at };
    if (code !== COMMA) throw new JsonTextError("the text is not valid JSON");
    at = skipSpace(text, at + 1);
  }
}

function scanMember(text: string, start: number): MemberSpan {
  const keyEnd = skipString(text, start);
  const colon = skipSpace(text, keyEnd);
  if (text.charCodeAt(colon) !== COLON) throw new JsonTextError("the text is not valid JSON");
  const valueStart = skipSpace(text, colon + 1);
  return { key: readString(text.slice(start, keyEnd)), start, valueStart, end: skipValue(text, valueStart) };
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
