import type { BlobSource } from "@ocilayout/oci-types";
import { bytes } from "@ocilayout/testing";

import { readTar, type ReadTarOptions, type TarHeader } from "../../src/tar.ts";

const BLOCK = 512;

/** The fields of a header as text or bytes. A number becomes octal digits. */
export interface RawHeader {
  readonly name?: string | Uint8Array;
  readonly mode?: number | string | Uint8Array;
  readonly uid?: number | string | Uint8Array;
  readonly gid?: number | string | Uint8Array;
  readonly size?: number | string | Uint8Array;
  readonly mtime?: number | string | Uint8Array;
  readonly checksum?: string;
  readonly typeflag?: string;
  readonly linkName?: string | Uint8Array;
  /** The bytes 257 to 265. Defaults to those of ustar. */
  readonly magic?: string;
  readonly userName?: string;
  readonly groupName?: string;
  readonly deviceMajor?: number | string | Uint8Array;
  readonly deviceMinor?: number | string | Uint8Array;
  readonly prefix?: string | Uint8Array;
  /** Bytes at other positions, set last. */
  readonly at?: Readonly<Record<number, string | Uint8Array>>;
}

/** The magic of GNU tar, and of archives before ustar. */
export const GNU = "ustar  \0";
export const V7 = "\0\0\0\0\0\0\0\0";

/** Makes a header with a right checksum. Its defaults describe an empty file `f` of ustar. */
export function header(raw: RawHeader = {}): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const set = (start: number, end: number, value: number | string | Uint8Array | undefined): void => {
    if (value === undefined) return;
    const text = typeof value === "number" ? value.toString(8).padStart(end - start - 1, "0") : value;
    block.set((typeof text === "string" ? bytes(text) : text).subarray(0, end - start), start);
  };
  set(0, 100, raw.name ?? "f");
  set(100, 108, raw.mode ?? 0o644);
  set(108, 116, raw.uid ?? 0);
  set(116, 124, raw.gid ?? 0);
  set(124, 136, raw.size ?? 0);
  set(136, 148, raw.mtime ?? 0);
  set(156, 157, raw.typeflag ?? "0");
  set(157, 257, raw.linkName);
  set(257, 265, raw.magic ?? "ustar\x0000");
  set(265, 297, raw.userName);
  set(297, 329, raw.groupName);
  set(329, 337, raw.deviceMajor);
  set(337, 345, raw.deviceMinor);
  set(345, 500, raw.prefix);
  for (const [start, value] of Object.entries(raw.at ?? {})) set(Number(start), BLOCK, value);
  const sum = block.fill(0x20, 148, 156).reduce((total, byte) => total + byte, 0);
  set(148, 156, raw.checksum ?? `${sum.toString(8).padStart(6, "0")}\0 `);
  return block;
}

/** Pads content to whole blocks. */
export function pad(content: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.ceil(content.length / BLOCK) * BLOCK);
  whole.set(content);
  return whole;
}

/** Makes an entry with content. The size in the header is that of the content, if `raw` has none. */
export function member(raw: RawHeader, content: string | Uint8Array = ""): Uint8Array {
  const body = typeof content === "string" ? bytes(content) : content;
  return join(header({ size: body.length, ...raw }), pad(body));
}

/** Makes a PAX header. A record that is not a pair is written as it is. */
export function pax(
  records: readonly (readonly [key: string, value: string | Uint8Array] | string)[],
  raw: RawHeader = {},
): Uint8Array {
  const body = concat(
    records.map((record) => (typeof record === "string" ? bytes(record) : paxRecord(...record))),
  );
  return member({ name: "pax", typeflag: "x", ...raw }, body);
}

/** Makes a record of a PAX header. */
export function paxRecord(key: string, value: string | Uint8Array): Uint8Array {
  const rest = join(bytes(` ${key}=`), typeof value === "string" ? bytes(value) : value, bytes("\n"));
  let length = rest.length;
  while (length !== rest.length + String(length).length) length = rest.length + String(length).length;
  return join(bytes(String(length)), rest);
}

/** Makes a long name of GNU tar, or with the typeflag `K` a long link target. */
export function longName(name: string | Uint8Array, typeflag = "L"): Uint8Array {
  const body = typeof name === "string" ? bytes(name) : name;
  return member({ name: "././@LongLink", typeflag, magic: GNU }, join(body, new Uint8Array(1)));
}

/** Encodes a number in base-256. */
export function base256(value: bigint, size = 12): Uint8Array {
  const field = new Uint8Array(size);
  let rest = BigInt.asUintN(8 * size, value);
  for (let at = size - 1; at >= 0; at -= 1, rest >>= 8n) field[at] = Number(rest & 0xffn);
  field[0] = (field[0] ?? 0) | 0x80;
  return field;
}

/** Joins parts. */
export function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return concat(parts);
}

/** Joins any number of parts. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The end of an archive. */
export const END: Uint8Array = new Uint8Array(2 * BLOCK);

/** Makes an archive with an end. */
export function archive(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return join(...parts, END);
}

/** An entry with all of its content. */
export interface WholeEntry extends TarHeader {
  readonly bytes: Uint8Array;
}

/** Reads an archive with its content. */
export async function read(source: BlobSource, options?: ReadTarOptions): Promise<WholeEntry[]> {
  const entries: WholeEntry[] = [];
  for await (const { content, ...entry } of readTar(source, options)) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of content) chunks.push(chunk.slice());
    entries.push({ ...entry, bytes: join(...chunks) });
  }
  return entries;
}

/** Reads the only entry of an archive. */
export async function readOne(source: BlobSource, options?: ReadTarOptions): Promise<WholeEntry> {
  const [entry, ...others] = await read(source, options);
  if (entry === undefined || others.length > 0)
    throw new Error(`the archive has ${others.length + 1} entries`);
  return entry;
}

/** Returns the paths of an archive, with the content of files: `["a: text", "b/"]`. */
export async function list(source: BlobSource, options?: ReadTarOptions): Promise<string[]> {
  const entries = await read(source, options);
  return entries.map((entry) =>
    entry.type === "file" ? `${entry.path}: ${new TextDecoder().decode(entry.bytes)}` : entry.path,
  );
}
