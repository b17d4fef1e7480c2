import { RegistryError } from "../basics/errors.ts";
import { NameSet } from "./name-set.ts";

/** The maximum number of values in a document of a known media type: objects, arrays, strings, numbers and others. */
export const maxDocumentValues = 100_000;

/** The maximum depth of objects and arrays in a document of a known media type. */
export const maxDocumentDepth = 100;

/**
 * The maximum number of different member names in a document of a known media type. `JSON.parse` is slow for documents with
 * many different names.
 */
export const maxDocumentNames = 20_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** The offsets of the value of a member of the outermost object. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Scans the bytes of a JSON document before they are parsed, checks its limits, and finds members of its outermost object.
 * If members have the same name, the last one wins, as in `JSON.parse`. The scan does not recurse, and does not check that
 * the bytes are JSON.
 *
 * The scanner of layout-core for `index.json` does something else: it splits decoded text and rejects invalid JSON. A
 * tokenizer for both would be slower than either.
 *
 * @param names - The members to find.
 * @returns The bytes of the value of each member that was found, by its name.
 * @throws `RegistryError` `MANIFEST_INVALID` if the document has more than `maxDocumentValues` values, more than
 * `maxDocumentNames` different member names, or is nested deeper than `maxDocumentDepth`.
 */
export function scanDocument(
  content: Uint8Array,
  names: readonly string[] = [],
): ReadonlyMap<string, Uint8Array> {
  const scan = new Scan(content, names);
  scan.run();
  if (scan.keys > maxDocumentNames) new Scan(content, [], new NameSet(maxDocumentNames)).run();
  return new Map([...scan.found].map(([name, { start, end }]) => [name, content.subarray(start, end)]));
}

class Scan {
  readonly found: Map<string, Span> = new Map();
  readonly #content: Uint8Array;
  readonly #names: readonly string[];
  readonly #distinct: NameSet | undefined;
  /** The open objects (`true`) and arrays (`false`), the outermost first. */
  readonly #isObject: boolean[] = [];
  #values = 0;
  #keys = 0;
  #awaitsKey = false;
  /** The member to find that is being scanned. */
  #member: { readonly name: string; readonly start: number } | undefined;

  constructor(content: Uint8Array, names: readonly string[], distinct?: NameSet) {
    this.#content = content;
    this.#names = names;
    this.#distinct = distinct;
  }

  /** The number of members of all objects. */
  get keys(): number {
    return this.#keys;
  }

  run(): void {
    const { length } = this.#content;
    for (let at = 0; at < length;) at = this.#step(at);
    this.#endMember(length);
  }

  /** Scans the token at `at`. Returns the offset after it. */
  #step(at: number): number {
    switch (this.#content[at] ?? 0) {
      case 0x20:
      case 0x0a:
      case 0x0d:
      case 0x09:
      case COLON:
        return at + 1;
      case COMMA:
        if (this.#isObject.length === 1) this.#endMember(at);
        this.#awaitsKey = this.#isObject.at(-1) ?? false;
        return at + 1;
      case OPEN_OBJECT:
        return this.#open(at, true);
      case OPEN_ARRAY:
        return this.#open(at, false);
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        if (this.#isObject.length === 1) this.#endMember(at);
        this.#isObject.pop();
        this.#awaitsKey = false;
        return at + 1;
      case QUOTE:
        return this.#string(at);
      default:
        this.#count();
        return this.#skipWord(at);
    }
  }

  #open(at: number, isObject: boolean): number {
    this.#count();
    this.#isObject.push(isObject);
    this.#awaitsKey = isObject;
    if (this.#isObject.length > maxDocumentDepth)
      throw beyond(`is nested deeper than ${maxDocumentDepth}`, maxDocumentDepth);
    return at + 1;
  }

  #string(at: number): number {
    const end = this.#skipString(at);
    if (!this.#awaitsKey) {
      this.#count();
      return end;
    }
    this.#awaitsKey = false;
    this.#countKey(at, end);
    if (this.#isObject.length === 1 && this.#names.length > 0) this.#beginMember(at, end);
    return end;
  }

  /** Begins a member whose key is the string from `start` to `end`. */
  #beginMember(start: number, end: number): void {
    const name = readKey(this.#content.subarray(start, end));
    if (name === undefined || !this.#names.includes(name)) return;
    let value = end;
    for (
      let byte = this.#content[value];
      byte !== undefined && (byte <= 0x20 || byte === COLON);
      byte = this.#content[value]
    )
      value += 1;
    this.#member = { name, start: value };
  }

  #endMember(end: number): void {
    if (this.#member === undefined) return;
    const { name, start } = this.#member;
    this.found.set(name, { start, end });
    this.#member = undefined;
  }

  #count(): void {
    this.#values += 1;
    if (this.#values > maxDocumentValues)
      throw beyond(`has more than ${maxDocumentValues} values`, maxDocumentValues);
  }

  #countKey(start: number, end: number): void {
    this.#keys += 1;
    if (this.#distinct === undefined) return;
    this.#distinct.add(this.#content, start, end);
    if (this.#distinct.size > maxDocumentNames)
      throw beyond(`has more than ${maxDocumentNames} different member names`, maxDocumentNames);
  }

  #skipString(start: number): number {
    const content = this.#content;
    const { length } = content;
    let at = start + 1;
    while (at < length && content[at] !== QUOTE) at += content[at] === BACKSLASH ? 2 : 1;
    return Math.min(at + 1, length);
  }

  /** Returns the offset after a number, `true`, `false`, `null` or an invalid word. */
  #skipWord(start: number): number {
    const content = this.#content;
    let at = start + 1;
    for (let byte = content[at]; byte !== undefined && !endsWord(byte); byte = content[at]) at += 1;
    return at;
  }
}

function beyond(reason: string, limit: number): RegistryError {
  return new RegistryError("MANIFEST_INVALID", `the manifest ${reason}`, { detail: { limit } });
}

function endsWord(byte: number): boolean {
  return (
    byte <= 0x20 ||
    byte === COMMA ||
    byte === COLON ||
    byte === QUOTE ||
    byte === CLOSE_ARRAY ||
    byte === CLOSE_OBJECT ||
    byte === OPEN_ARRAY ||
    byte === OPEN_OBJECT
  );
}

/** The maximum length of a key to find, in bytes and with quotes. An escaped letter has six bytes. */
const MAX_KEY_BYTES = 256;

/** Decodes the key in `raw`. Returns `undefined` if it is too long or not a string. */
function readKey(raw: Uint8Array): string | undefined {
  if (raw.length > MAX_KEY_BYTES) return undefined;
  const text = new TextDecoder().decode(raw);
  if (!text.includes("\\")) return text.slice(1, -1);
  try {
    return JSON.parse(text) as string;
  } catch {
    return undefined;
  }
}
