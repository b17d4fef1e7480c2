import { BLOCK, CHECKSUM, signedSumOf, sumOf } from "../format/block.ts";
import { parseNumber } from "../format/numbers.ts";
import { decodeText } from "../format/text.ts";
import { malformed } from "../errors.ts";

/** The fields of a header, before extended headers are applied. */
export interface HeaderFields {
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly linkName: string;
  readonly userName: string;
  readonly groupName: string;
}

/** The first byte of a number, the first byte behind it, and its name for messages. */
export type Field = readonly [start: number, end: number, name: string];

/** The first bytes of compressed content. */
const COMPRESSED: readonly (readonly [name: string, ...bytes: number[]])[] = [
  ["gzip", 0x1f, 0x8b],
  ["zstd", 0x28, 0xb5, 0x2f, 0xfd],
];

/** @throws `RegistryError` `ARCHIVE_INVALID` if the checksum of the header at `offset` is wrong. */
export function requireChecksum(block: Uint8Array, offset: number): void {
  const stated = parseNumber(block, CHECKSUM.start, CHECKSUM.end);
  const sum = sumOf(block);
  if (stated === sum || stated === signedSumOf(block)) return;
  const compressed = COMPRESSED.find(([, ...bytes]) => bytes.every((byte, at) => block[at] === byte));
  if (offset === 0 && compressed !== undefined)
    throw malformed(offset, `it is compressed with ${compressed[0]}: decompress it first`);
  throw malformed(
    offset,
    stated === undefined
      ? "the checksum of the header is not a number"
      : `the checksum of the header is ${stated}, not ${sum}`,
  );
}

/** Returns the character that encodes the type of an entry. */
export function typeflagIn(block: Uint8Array): string {
  return String.fromCharCode(block[156] ?? 0);
}

/** Whether a header has the format of GNU tar, in which the prefix of the path has another meaning. */
export function isGnu(block: Uint8Array): boolean {
  return startsWith(block, MAGIC, "ustar  \0");
}

/**
 * Parses the number from `start` to `end` of a header.
 *
 * @param least - The least number that is valid. Defaults to 0.
 * @throws `RegistryError` `ARCHIVE_INVALID` if it is malformed or out of range.
 */
export function requireField(block: Uint8Array, field: Field, offset: number, least: number = 0): number {
  const value = parseNumber(block, field[0], field[1]);
  if (value === undefined || value < least)
    throw malformed(offset, `the ${field[2]} in the header is ${value ?? "not a number that can be read"}`);
  return value;
}

/** The numbers in a header. */
export const FIELDS: Readonly<Record<FieldName, Field>> = {
  mode: [100, 108, "mode"],
  uid: [108, 116, "uid"],
  gid: [116, 124, "gid"],
  size: [124, 136, "size"],
  mtime: [136, 148, "mtime"],
  deviceMajor: [329, 337, "major device number"],
  deviceMinor: [337, 345, "minor device number"],
  realSize: [483, 495, "real size"],
};

type FieldName = "mode" | "uid" | "gid" | "size" | "mtime" | "deviceMajor" | "deviceMinor" | "realSize";

const MAGIC = 257;

/**
 * Parses the fields of the header at `offset` that do not depend on its type.
 *
 * @throws `RegistryError` `ARCHIVE_INVALID` if a number is malformed.
 */
export function parseFields(block: Uint8Array, offset: number): HeaderFields {
  const isPosix = startsWith(block, MAGIC, "ustar\0");
  const isOfGnu = !isPosix && isGnu(block);
  const hasNames = isPosix || isOfGnu;
  const name = textIn(block, 0, 100);
  if (hasAmbiguousPrefix(block, isOfGnu))
    throw malformed(offset, "programs disagree about the path in the header");
  const prefix = isPosix ? textIn(block, 345, 500) : "";
  return {
    path: prefix === "" ? name : `${prefix}/${name}`,
    // Some programs add the type of the file to the mode.
    mode: requireField(block, FIELDS.mode, offset) % 0o10000,
    uid: requireField(block, FIELDS.uid, offset),
    gid: requireField(block, FIELDS.gid, offset),
    mtime: requireField(block, FIELDS.mtime, offset, -Infinity),
    linkName: textIn(block, 157, 257),
    userName: hasNames ? textIn(block, 265, 297) : "",
    groupName: hasNames ? textIn(block, 297, 329) : "",
  };
}

/** The offsets of the times in a header of GNU tar. */
const TIMES = [345, 357] as const;

/**
 * Whether only some programs use the prefix of the path. The prefix of star is shorter, and times follow it. GNU tar has only
 * times there, but Go's archive/tar uses a prefix that is not a time, because old versions of it wrote such archives.
 */
function hasAmbiguousPrefix(block: Uint8Array, isOfGnu: boolean): boolean {
  if (startsWith(block, 508, "tar\0")) return !block.subarray(345, 476).includes(0);
  return isOfGnu && TIMES.some((at) => block[at] !== 0 && parseNumber(block, at, at + 12) === undefined);
}

/** Returns the text from `start` to the first zero, or to `end`. */
function textIn(block: Uint8Array, start: number, end: number): string {
  if (block[start] === 0) return "";
  const zero = block.indexOf(0, start);
  return decodeText(block.subarray(start, zero < 0 ? end : Math.min(zero, end)));
}

function startsWith(block: Uint8Array, start: number, text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (block[start + at] !== text.charCodeAt(at)) return false;
  return start + text.length <= BLOCK;
}
