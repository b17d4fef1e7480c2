import { excerpt } from "@ocilayout/oci-types/authors";

import { malformed } from "../errors.ts";
import type { PaxRecord } from "../format/pax-records.ts";
import { parseDecimal, parseTime } from "../format/numbers.ts";
import { decodeText } from "../format/text.ts";

const XATTR = "SCHILY.xattr.";
const ENCODED_XATTR = "LIBARCHIVE.xattr.";
const SPARSE_PAIR: ReadonlySet<string> = new Set(["GNU.sparse.offset", "GNU.sparse.numbytes"]);

/** Keys that describe one entry, so they must not be in a global header. */
const LOCAL_ONLY = /^(?:path|linkpath|size|GNU\.sparse\..*|SCHILY\.xattr\..*|LIBARCHIVE\.xattr\..*)$/s;

/**
 * Applies the records of a global header to `globals`. An empty value removes a record.
 *
 * @throws `RegistryError` `ARCHIVE_INVALID` if a record would give all entries the same name, size or content.
 */
export function setGlobals(
  globals: Map<string, string>,
  records: readonly PaxRecord[],
  offset: number,
): void {
  for (const [key, value] of records) {
    if (LOCAL_ONLY.test(key)) throw malformed(offset, `a global header has the key ${excerpt(key)}`);
    if (value.length === 0) globals.delete(key);
    else globals.set(key, decodeText(value));
  }
}

/** The values of the PAX records that apply to one entry. */
export class PaxValues {
  readonly #offset: number;
  /** The records that were not taken. */
  readonly rest: Map<string, string>;
  readonly xattrs: Map<string, Uint8Array> = new Map();
  /** The values of the keys that can be repeated, which are the map of a sparse file: offsets and lengths by turns. */
  readonly sparsePairs: PaxRecord[] = [];

  /**
   * Merges the records of an entry with those of global headers. The last value of a key wins, and an empty one removes it.
   *
   * @param offset - The offset of the records in the archive, for messages.
   */
  constructor(globals: ReadonlyMap<string, string>, records: readonly PaxRecord[], offset: number) {
    this.#offset = offset;
    this.rest = globals.size === 0 ? new Map<string, string>() : new Map(globals);
    if (records.length === 0) return;
    const encoded: Map<string, string> = new Map();
    for (const [key, value] of records) {
      // An empty attribute is a value, and not the absence of one.
      if (key.startsWith(XATTR)) this.xattrs.set(key.slice(XATTR.length), value);
      else if (key.startsWith(ENCODED_XATTR)) encoded.set(key.slice(ENCODED_XATTR.length), decodeText(value));
      else if (SPARSE_PAIR.has(key)) this.sparsePairs.push([key, value]);
      else if (value.length === 0) this.rest.delete(key);
      else this.rest.set(key, decodeText(value));
    }
    for (const [name, value] of encoded) this.#addEncoded(name, value);
  }

  /** Whether no record is left that describes the entry. */
  get isEmpty(): boolean {
    return this.rest.size === 0 && this.sparsePairs.length === 0;
  }

  /** Takes a text out of the records. It must not contain a zero, because other programs would cut it there. */
  takeText(key: string): string | undefined {
    const text = this.#take(key);
    if (text?.includes("\0") === true) throw this.#invalid(key, "contains a zero byte");
    return text;
  }

  /** Takes a non-negative integer out of the records. */
  takeNumber(key: string): number | undefined {
    return this.#parse(key, parseDecimal);
  }

  /** Takes a time in seconds out of the records. */
  takeTime(key: string): number | undefined {
    return this.#parse(key, parseTime);
  }

  #parse(key: string, parse: (text: string) => number | undefined): number | undefined {
    const text = this.#take(key);
    if (text === undefined) return undefined;
    const value = parse(text);
    if (value === undefined) throw this.#invalid(key, `is ${excerpt(text)}`);
    return value;
  }

  #take(key: string): string | undefined {
    if (this.rest.size === 0) return undefined;
    const text = this.rest.get(key);
    this.rest.delete(key);
    return text;
  }

  /** Adds an attribute as bsdtar writes it: the name is percent-encoded, the value is Base64. It yields to the other form. */
  #addEncoded(encodedName: string, encodedValue: string): void {
    try {
      const name = decodeURIComponent(encodedName);
      const value = Uint8Array.from(atob(encodedValue), (character) => character.charCodeAt(0));
      if (!this.xattrs.has(name)) this.xattrs.set(name, value);
    } catch {
      throw this.#invalid(ENCODED_XATTR + encodedName, "is malformed");
    }
  }

  #invalid(key: string, reason: string): Error {
    return malformed(this.#offset, `the PAX record ${excerpt(key)} ${reason}`);
  }
}
