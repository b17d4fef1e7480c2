import { RegistryError } from "@ocilayout/oci-types";
import { excerpt, requireString } from "@ocilayout/oci-types/authors";

import { encodeText } from "../tar/format/text.ts";

/**
 * The beginning of the name of a whiteout.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts}
 */
const WHITEOUT = ".wh.";

/** The name of an opaque whiteout, which hides the whole content of its directory in the layers below. */
const OPAQUE = ".wh..wh..opq";

/**
 * Returns a path without `.`, repeated slashes and a slash at either end. The root is `""`.
 *
 * @throws TypeError if it is not a string.
 * @throws `RegistryError` `NAME_INVALID` if it is empty, leaves the root, or has a name that is reserved for whiteouts.
 */
export function requireLayerPath(path: string): string {
  requireString(path, "the path of a file");
  if (path === "") throw invalidPath(path, "is empty");
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  if (names.includes("..")) throw invalidPath(path, 'contains ".."');
  if (names.some((name) => name.startsWith(WHITEOUT)))
    throw invalidPath(path, `has a name with ${WHITEOUT}, which is reserved: use the option removed`);
  return names.join("/");
}

/** Returns the directory of a path. Returns `undefined` for the root. */
export function parentOf(path: string): string | undefined {
  return path === "" ? undefined : path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** Returns the path of the whiteout that removes `path`. The root cannot be removed: its content can be hidden. */
export function whiteoutOf(path: string): string {
  const removed = requireLayerPath(path);
  const parent = parentOf(removed);
  if (parent === undefined) throw invalidPath(path, "is the root, which cannot be removed");
  return joinPath(parent, WHITEOUT + removed.slice(parent === "" ? 0 : parent.length + 1));
}

/** Returns the path of the whiteout that hides the content of the directory `path`. */
export function opaqueWhiteoutOf(path: string): string {
  return joinPath(requireLayerPath(path), OPAQUE);
}

function joinPath(parent: string, name: string): string {
  return parent === "" ? name : `${parent}/${name}`;
}

/**
 * Returns a key that sorts a directory before its content, and whiteouts before the other names of a directory. Some programs
 * apply a whiteout also to files that they unpacked before it.
 *
 * @throws `RegistryError` `NAME_INVALID` if the path cannot be encoded.
 */
export function sortKeyOf(path: string): Uint8Array {
  if (path.includes("\0")) throw invalidPath(path, "contains a zero byte");
  const names = path.split("/").map((name) => (name.startsWith(WHITEOUT) ? `\0${name}` : name));
  const key = encodeText(path === "" ? "" : names.join("\0"));
  if (key === undefined) throw invalidPath(path, "has a lone surrogate");
  return key;
}

/** Compares two keys byte by byte. */
export function compareKeys(one: Uint8Array, other: Uint8Array): number {
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at += 1) {
    const difference = (one[at] ?? 0) - (other[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

/** Returns `NAME_INVALID`: a path cannot be in a layer. */
export function invalidPath(path: string, reason: string): RegistryError {
  return new RegistryError("NAME_INVALID", `cannot make a layer: ${excerpt(path)} ${reason}`, {
    detail: { reason },
  });
}
