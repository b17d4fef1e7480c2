import { padded } from "../format/block.ts";
import { formatRecords, type PaxRecord } from "../format/pax-records.ts";
import { hasEscapes } from "../format/text.ts";
import type { CheckedEntry } from "./require-entry.ts";
import { ascii, UstarBlock } from "./ustar-block.ts";

/** The path of a PAX header. Only programs that do not know PAX use it. */
const PAX_PATH = "././@PaxHeader";

/** Returns the blocks before the content of an entry: a ustar header, and before it a PAX header if a value does not fit. */
export function headerBlocks(entry: CheckedEntry): Uint8Array {
  const { path, linkName, userName, groupName } = entry;
  const block = new UstarBlock(entry.typeflag);
  const records: PaxRecord[] = entry.xattrs.map(([name, value]) => [`SCHILY.xattr.${name}`, value]);
  const put = (key: string, value: Uint8Array | number, fits: boolean): void => {
    if (!fits) records.push([key, typeof value === "number" ? ascii(formatNumber(value)) : value]);
  };
  put("path", path.bytes, block.setPath(path.bytes));
  put("linkpath", linkName.bytes, block.setText(157, 257, linkName.bytes));
  // The names of the owners end with a zero.
  put("uname", userName.bytes, block.setText(265, 296, userName.bytes));
  put("gname", groupName.bytes, block.setText(297, 328, groupName.bytes));
  put("uid", entry.uid, block.setNumber(108, 116, entry.uid));
  put("gid", entry.gid, block.setNumber(116, 124, entry.gid));
  put("size", entry.size, block.setNumber(124, 136, entry.size));
  put("mtime", entry.mtime, block.setNumber(136, 148, entry.mtime));
  block.setNumber(100, 108, entry.mode);
  block.setNumber(329, 337, entry.deviceMajor);
  block.setNumber(337, 345, entry.deviceMinor);
  const isUtf8 = ![path, linkName, userName, groupName].some(({ text }) => hasEscapes(text));
  put("hdrcharset", ascii("BINARY"), isUtf8);
  return records.length === 0 ? block.finish() : joinBlocks([...paxHeader(records), block.finish()]);
}

function paxHeader(records: readonly PaxRecord[]): readonly Uint8Array[] {
  const body = formatRecords(records);
  const block = new UstarBlock("x");
  block.setPath(ascii(PAX_PATH));
  block.setNumber(100, 108, 0o644);
  for (const [start, end] of [
    [108, 116],
    [116, 124],
    [136, 148],
    [329, 337],
    [337, 345],
  ] as const)
    block.setNumber(start, end, 0);
  block.setNumber(124, 136, body.length);
  return [block.finish(), body];
}

/** Joins parts, each of which is padded to whole blocks. */
function joinBlocks(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((size, part) => size + padded(part.length), 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += padded(part.length);
  }
  return joined;
}

/** Formats a number without an exponent. */
function formatNumber(value: number): string {
  const text = String(value);
  return text.includes("e") ? value.toFixed(20) : text;
}
