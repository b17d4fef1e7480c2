import { RegistryError } from "@ocilayout/oci-types";
import {
  excerpt,
  requireBytes,
  requireCount,
  requireObject,
  requireString,
} from "@ocilayout/oci-types/authors";

import { encodeText } from "../format/text.ts";
import { typeflagOf } from "../format/types.ts";
import type { TarEntryInit } from "./entry-init.ts";

/** Text with the bytes that encode it. */
export interface EncodedText {
  readonly text: string;
  readonly bytes: Uint8Array;
}

/** An entry after it was checked, without its content. */
export interface CheckedEntry {
  readonly path: EncodedText;
  readonly typeflag: string;
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly userName: EncodedText;
  readonly groupName: EncodedText;
  readonly mtime: number;
  readonly linkName: EncodedText;
  readonly deviceMajor: number;
  readonly deviceMinor: number;
  readonly xattrs: readonly (readonly [name: string, value: Uint8Array])[];
}

const MODES: Readonly<Record<string, number>> = { directory: 0o755, symlink: 0o777 };

/**
 * Checks an entry.
 *
 * @throws TypeError or RangeError if a member has the wrong type, or a number cannot be written.
 * @throws `RegistryError` `NAME_INVALID` if a path, a link target or another name cannot be written.
 */
export function requireEntry(entry: TarEntryInit): CheckedEntry {
  requireObject(entry, "an entry");
  const { path, type = "file", linkName = "", userName = "", groupName = "", xattrs = [] } = entry;
  const typeflag = typeflagOf(type);
  if (typeflag === undefined) throw new TypeError(`an entry cannot have the type ${excerpt(type)}`);
  const checkedPath = requirePath(path, type);
  const isLink = type === "link" || type === "symlink";
  const target = requireText(isLink ? linkName : "", "linkName");
  if (isLink && linkName === "") throw invalidName(path, "is a link without a linkName");
  const size = requireCount(entry.size ?? knownSize(entry.content), "size of an entry");
  if (type !== "file" && size > 0) throw new RangeError(`size of a ${type} must be 0, not ${size}`);
  return {
    path: checkedPath,
    typeflag,
    size,
    mode: requireAtMost(entry.mode ?? MODES[type] ?? 0o644, 0o7777, "mode"),
    uid: requireCount(entry.uid ?? 0, "uid"),
    gid: requireCount(entry.gid ?? 0, "gid"),
    userName: requireText(userName, "userName"),
    groupName: requireText(groupName, "groupName"),
    mtime: requireTime(entry.mtime ?? 0),
    linkName: target,
    deviceMajor: requireAtMost(entry.deviceMajor ?? 0, 0o7777777, "deviceMajor"),
    deviceMinor: requireAtMost(entry.deviceMinor ?? 0, 0o7777777, "deviceMinor"),
    xattrs: Array.from(xattrs, requireAttribute),
  };
}

/** Returns the size of content whose size is known. Throws if it must be given. */
function knownSize(content: TarEntryInit["content"]): number {
  if (content === undefined) return 0;
  if (content instanceof Uint8Array) return content.length;
  if ("size" in content && "arrayBuffer" in content) return content.size;
  throw new TypeError("size of an entry must be given, because its content is a stream");
}

function requirePath(path: string, type: string): EncodedText {
  const text = requireText(path, "path");
  if (path === "") throw invalidName(path, "is empty");
  const endsWithSlash = path.endsWith("/");
  if (type === "directory" && !endsWithSlash) return requireText(`${path}/`, "path");
  if (type === "file" && endsWithSlash) throw invalidName(path, "ends with a slash, but is a file");
  return text;
}

/** Programs end a name at a zero byte. */
function requireText(text: string, what: string): EncodedText {
  requireString(text, `${what} of an entry`);
  if (text.includes("\0")) throw invalidName(text, "contains a zero byte");
  const bytes = encodeText(text);
  if (bytes === undefined) throw invalidName(text, "has a lone surrogate");
  return { text, bytes };
}

function requireAttribute([name, value]: readonly [string, Uint8Array]): [string, Uint8Array] {
  requireText(name, "an attribute");
  if (name === "" || name.includes("=")) throw invalidName(name, "is not the name of an attribute");
  return [name, requireBytes(value, "the value of an attribute").slice()];
}

function requireAtMost(value: number, most: number, what: string): number {
  if (requireCount(value, what) > most) throw new RangeError(`${what} must be at most ${most}, not ${value}`);
  return value;
}

function requireTime(value: number): number {
  if (typeof value !== "number") throw new TypeError(`mtime must be a number, not ${typeof value}`);
  if (!(Math.abs(value) <= Number.MAX_SAFE_INTEGER))
    throw new RangeError(`mtime must be a number of seconds, not ${value}`);
  return value;
}

function invalidName(name: string, reason: string): RegistryError {
  return new RegistryError("NAME_INVALID", `cannot write an entry: ${excerpt(name)} ${reason}`, {
    detail: { reason },
  });
}
