import { JsonTextError } from "@ocilayout/oci-types/authors";

/**
 * Finds the parts of `index.json` in its bytes. Creating one string of all of them takes as long as parsing it, so only the
 * parts become strings.
 *
 * It finds only where parts begin and end. `JSON.parse` decides whether a part is valid.
 */

/** A member of the document. */
export interface Member {
  /** The decoded key. */
  readonly key: string;
  /** The position of the value. */
  readonly valueStart: number;
  /** The position after the value. */
  readonly end: number;
}

/** The elements of an array, as the position of each and the position after it. */
export interface Elements {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** The position of the closing bracket. */
  readonly closing: number;
}

/** The members of a document, and the elements of its list `manifests`. */
export interface IndexSpans {
  readonly members: readonly Member[];
  /** The position of the closing bracket. */
  readonly closing: number;
  /** The elements of the last member `manifests` that is an array. */
  readonly elements: Elements | undefined;
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
 * Finds the members of the document `bytes`, which are UTF-8.
 *
 * @throws {@link JsonTextError} if it is not an object.
 */
export function scanIndex(bytes: Buffer): IndexSpans {
  const start = skipSpace(bytes, 0);
  if (bytes[start] !== OPEN_OBJECT) throw new JsonTextError("the text is not a JSON object");
  const members: Member[] = [];
  let elements: Elements | undefined;
  const closing = scanList(bytes, start, CLOSE_OBJECT, (at) => {
    const keyEnd = skipString(bytes, at);
    const colon = skipSpace(bytes, keyEnd);
    if (bytes[colon] !== COLON) throw new JsonTextError("the text is not valid JSON");
    const valueStart = skipSpace(bytes, colon + 1);
    const key = readString(bytes.toString("utf8", at, keyEnd));
    const isList = key === "manifests" && bytes[valueStart] === OPEN_ARRAY;
    const list = isList ? scanElements(bytes, valueStart) : undefined;
    elements = list ?? elements;
    const end = list === undefined ? skipValue(bytes, valueStart) : list.closing + 1;
    members.push({ key, valueStart, end });
    return end;
  });
  return { members, closing, elements };
}

function scanElements(bytes: Buffer, start: number): Elements {
  const starts: number[] = [];
  const ends: number[] = [];
  const closing = scanList(bytes, start, CLOSE_ARRAY, (at) => {
    const end = skipValue(bytes, at);
    starts.push(at);
    ends.push(end);
    return end;
  });
  return { starts, ends, closing };
}

/**
 * Scans the parts of the object or array that begins at `start`.
 *
 * @param scanPart - Returns the position after the part at a position.
 * @returns The position of the closing bracket.
 */
function scanList(bytes: Buffer, start: number, close: number, scanPart: (at: number) => number): number {
  let at = skipSpace(bytes, start + 1);
  if (bytes[at] === close) return at;
  for (;;) {
    at = skipSpace(bytes, scanPart(at));
    if (bytes[at] === close) return at;
    if (bytes[at] !== COMMA) throw new JsonTextError("the text is not valid JSON");
    at = skipSpace(bytes, at + 1);
  }
}

function readString(raw: string): string {
  try {
    return JSON.parse(raw) as string;
  } catch (cause) {
    throw new JsonTextError("the text is not valid JSON", { cause });
  }
}

/** Returns the position after the white space at `at`. */
function skipSpace(bytes: Buffer, at: number): number {
  for (let place = at; ; place += 1) {
    const code = bytes[place];
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return place;
  }
}

/** Returns the position after the string that begins at `at`. */
function skipString(bytes: Buffer, at: number): number {
  if (bytes[at] !== QUOTE) throw new JsonTextError("the text is not valid JSON");
  for (let place = at + 1; place < bytes.length; place += 1) {
    const code = bytes[place];
    if (code === QUOTE) return place + 1;
    if (code === BACKSLASH) place += 1;
  }
  throw new JsonTextError("unexpected end of the text");
}

/** Returns the position after the value that begins at `start`. Not recursive, because the text may be nested deeply. */
function skipValue(bytes: Buffer, start: number): number {
  let depth = 0;
  for (let at = start; at < bytes.length; at += 1) {
    const code = bytes[at] ?? 0;
    if (code === QUOTE) {
      const end = skipString(bytes, at);
      if (depth === 0) return end;
      at = end - 1;
    } else if (code === OPEN_OBJECT || code === OPEN_ARRAY) depth += 1;
    else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
      depth -= 1;
      if (depth === 0) return at + 1;
      if (depth < 0) return endOfWord(at, start);
    } else if (depth === 0 && (code === COMMA || code <= 0x20)) return endOfWord(at, start);
  }
  throw new JsonTextError("unexpected end of the text");
}

/** Returns the position after a number or a literal, which has at least one character. */
function endOfWord(at: number, start: number): number {
  if (at === start) throw new JsonTextError("the text is not valid JSON");
  return at;
}
