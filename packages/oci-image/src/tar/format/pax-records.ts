import { concatBytes } from "@ocilayout/oci-types/authors";

import { malformed } from "../errors.ts";
import { decodeText, encodeText } from "./text.ts";

/** A record of a PAX header. */
export type PaxRecord = readonly [key: string, value: Uint8Array];

const SPACE = 0x20;
const EQUALS = 0x3d;
const NEWLINE = 0x0a;
const ZERO = 0x30;

/**
 * Parses the body of a PAX header: records such as `13 mtime=1.5`, each with a newline at its end. The values share the memory
 * of `body`.
 *
 * @param offset - The offset of the body in the archive, in bytes.
 * @throws `RegistryError` `ARCHIVE_INVALID` if a record is malformed.
 * @see {@link https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_03 | POSIX, pax header}
 */
export function parseRecords(body: Uint8Array, offset: number): PaxRecord[] {
  const records: PaxRecord[] = [];
  for (let start = 0; start < body.length;) {
    const fail = (reason: string): Error => malformed(offset + start, `a PAX record ${reason}`);
    const { length, end: space } = parseLength(body, start);
    if (space === start || body[space] !== SPACE) throw fail("does not begin with its length and a space");
    const end = start + length;
    if (end > body.length || end < space + 2) throw fail("has a wrong length");
    if (body[end - 1] !== NEWLINE) throw fail("does not end with a newline");
    const record = body.subarray(space + 1, end - 1);
    const equals = record.indexOf(EQUALS);
    if (equals < 0) throw fail('has no "="');
    const key = decodeText(record.subarray(0, equals));
    if (key === "" || key.includes("\0")) throw fail("has an invalid key");
    records.push([key, record.subarray(equals + 1)]);
    start = end;
  }
  return records;
}

/** Parses digits from `start`. A number with many digits is not exact, but is beyond the body in any case. */
function parseLength(body: Uint8Array, start: number): { length: number; end: number } {
  let length = 0;
  let end = start;
  for (; end < body.length; end += 1) {
    const digit = (body[end] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) break;
    length = length * 10 + digit;
  }
  return { length, end };
}

/** Formats records, sorted by key. */
export function formatRecords(records: readonly PaxRecord[]): Uint8Array {
  const sorted = records.toSorted(([one], [other]) => (one < other ? -1 : 1));
  const parts = sorted.map(formatRecord);
  return concatBytes(
    parts,
    parts.reduce((size, part) => size + part.length, 0),
  );
}

function formatRecord([key, value]: PaxRecord): Uint8Array {
  const start = encodeText(` ${key}=`) ?? new Uint8Array();
  const size = start.length + value.length + 1;
  // The length counts its own digits.
  let length = size + String(size).length;
  length = size + String(length).length;
  const digits = encodeText(String(length)) ?? new Uint8Array();
  return concatBytes([digits, start, value, Uint8Array.of(NEWLINE)], length);
}
