import { excerpt } from "@ocilayout/oci-types/authors";

import { beyondLimit, malformed } from "../errors.ts";
import { parseRecords, type PaxRecord } from "../format/pax-records.ts";
import { decodeText } from "../format/text.ts";
import type { CheckedLimits } from "./limits.ts";
import { PaxValues, setGlobals } from "./pax-values.ts";

/** The maximum number of global records. Each entry gets a copy of them, so many would make a small archive slow. */
const MAX_GLOBALS = 100;

/** Typeflags of headers that describe other entries. `X` is the `x` of Solaris. `L` and `K` are long names of GNU tar. */
const KINDS: ReadonlyMap<string, keyof Found> = new Map([
  ["x", "records"],
  ["X", "records"],
  ["L", "longName"],
  ["K", "longLink"],
]);
const GLOBAL = "g";

interface Found {
  records?: readonly PaxRecord[];
  longName?: string;
  longLink?: string;
}

/** The facts about an entry in the headers before it. */
export interface EntryExtensions {
  /** The offset of the first header of the entry in the archive, in bytes. */
  readonly offset: number;
  readonly pax: PaxValues;
  readonly longName: string | undefined;
  readonly longLink: string | undefined;
}

/** Collects the headers that describe other entries. */
export class Extensions {
  readonly #limits: CheckedLimits;
  readonly #globals: Map<string, string> = new Map();
  #globalBytes = 0;
  /** The values of all entries without records. An archive may have very many. */
  readonly #none: PaxValues = new PaxValues(new Map(), [], 0);
  #found: Found = {};
  #offset: number | undefined;
  #bytes = 0;

  constructor(limits: CheckedLimits) {
    this.#limits = limits;
  }

  /** Whether a header with this typeflag describes other entries. */
  static has(typeflag: string): boolean {
    return typeflag === GLOBAL || KINDS.has(typeflag);
  }

  /** Whether a header waits for the entry that it describes. */
  get isWaiting(): boolean {
    return this.#offset !== undefined;
  }

  /**
   * Checks a header at `offset` before its body is read.
   *
   * Programs disagree about the result if an entry has two headers of a kind, or if a global header follows one. No program
   * writes such archives.
   *
   * @throws `RegistryError` `ARCHIVE_INVALID` for such an archive; `SIZE_INVALID` if the body is too large.
   */
  announce(typeflag: string, size: number, offset: number): void {
    const kind = KINDS.get(typeflag);
    if (kind === undefined && this.isWaiting)
      throw malformed(offset, "a global header is between an entry and its extended header");
    if (kind !== undefined && this.#found[kind] !== undefined)
      throw malformed(offset, `an entry has two headers of type ${excerpt(typeflag)}`);
    this.#bytes += size;
    this.#limit(
      offset,
      "the size of the extended headers of an entry",
      this.#bytes,
      this.#limits.metadataBytes,
    );
    this.#offset ??= offset;
  }

  /** Adds the body of the header that was announced. `offset` is the offset of the body. */
  add(typeflag: string, body: Uint8Array, offset: number): void {
    switch (KINDS.get(typeflag)) {
      case "records":
        // The body is copied, because its memory is only valid until more is read. Attributes keep the copy.
        this.#found.records = parseRecords(body.slice(), offset);
        break;
      case "longName":
        this.#found.longName = this.#parseName(body, offset);
        break;
      case "longLink":
        this.#found.longLink = this.#parseName(body, offset);
        break;
      case undefined:
        this.#addGlobals(body, offset);
    }
  }

  /** Returns the extensions of the entry whose own header is at `offset`, and forgets them. */
  take(offset: number): EntryExtensions {
    const start = this.#offset ?? offset;
    const { records = [], longName, longLink } = this.#found;
    const hasNone = records.length === 0 && this.#globals.size === 0;
    const pax = hasNone ? this.#none : new PaxValues(this.#globals, records, start);
    if (this.isWaiting) this.#forget();
    return { offset: start, pax, longName, longLink };
  }

  #addGlobals(body: Uint8Array, offset: number): void {
    const { metadataBytes } = this.#limits;
    setGlobals(this.#globals, parseRecords(body, offset), offset);
    this.#globalBytes += body.length;
    this.#limit(offset, "the size of all global headers", this.#globalBytes, metadataBytes);
    this.#limit(offset, "the number of global records", this.#globals.size, MAX_GLOBALS);
    this.#forget();
  }

  #forget(): void {
    this.#found = {};
    this.#offset = undefined;
    this.#bytes = 0;
  }

  #parseName(body: Uint8Array, offset: number): string {
    const zero = body.indexOf(0);
    const name = body.subarray(0, zero < 0 ? body.length : zero);
    this.#limit(offset, "the size of a name", name.length, this.#limits.nameBytes);
    return decodeText(name);
  }

  #limit(offset: number, what: string, value: number, limit: number): void {
    if (value > limit) throw beyondLimit(offset, what, limit);
  }
}
