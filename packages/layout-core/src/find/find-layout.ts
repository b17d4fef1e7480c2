import { posix, win32 } from "node:path";

import { isRegistryError, layoutNames, RegistryError } from "@ocilayout/oci-types";
import { excerpt, maxDigestLength, requireString } from "@ocilayout/oci-types/authors";
import {
  isValidDigest,
  isValidTag,
  maxRepositoryLength,
  maxTagLength,
  parseHostlessReference,
  tryParseHostlessReference,
} from "@ocilayout/ociref";

import { ARCHIVE_HEAD_BYTES, isArchive } from "./is-archive.ts";
import type { Disk } from "../disk/disk.ts";
import { nodeDisk } from "../disk/disk.ts";

/** The result of {@link findLayout}. */
export interface FoundLayout {
  /** The layout's directory, or the archive's file, as given, not resolved. `"."` if the path has only a reference. */
  readonly directory: string;
  /**
   * Whether `directory` is a directory, or a file that begins like a tar archive or a compressed one. `openArchive` of
   * `@ocilayout/layout-archive` opens it. Only its first bytes were read, so it may contain something else.
   */
  readonly kind: "directory" | "archive";
  /** The reference within the layout; absent if the path names the whole layout. */
  readonly reference?: LayoutReference | undefined;
  /**
   * How the layout was found:
   *
   * - `"layout"`: the path, without a tag or digest at its end, is a layout or an archive.
   * - `"prefix"`: a prefix of the path is a layout or an archive, and the rest is the reference.
   * - `"fallback"`: no prefix is one of them, and the last component is the reference.
   */
  readonly matched: "layout" | "prefix" | "fallback";
}

/** A reference within a layout. The repository is optional. */
export interface LayoutReference {
  /** The repository; absent if the path has only a tag or a digest. */
  readonly repository?: string | undefined;
  /** The tag, without its colon. */
  readonly tag?: string | undefined;
  /** The digest, without its `@`. */
  readonly digest?: string | undefined;
}

/**
 * Splits a path into a layout's directory and a reference: `images/team/app:v1` is `team/app:v1` in `images` if
 * `images` is a layout. `images.tar:v1` is `v1` in `images.tar` if that file begins like an archive. The deepest layout
 * or archive wins. A prefix that is another file or cannot be read is not a candidate, and not an error.
 *
 * @throws `RegistryError` `NAME_INVALID` if no prefix of the path is a layout and its last component is not a
 * reference; `detail.reason` is the reason.
 */
export async function findLayout(path: string): Promise<FoundLayout> {
  return findLayoutOn(nodeDisk, path, process.platform === "win32" ? win32 : posix);
}

/** {@link findLayout} on a given file system, with the path syntax of that system. */
export function findLayoutOn(disk: Disk, path: string, flavour: typeof posix): FoundLayout {
  requireString(path, "a path");
  if (path === "") throw invalid(path, "it is empty");
  if (path.includes("\0")) throw invalid(path, "it has a NUL character");
  const kindOf = (prefix: string): Kind | undefined => {
    if (hasMarker(disk, flavour.join(prefix, layoutNames.header))) return "directory";
    return beginsLikeArchive(disk, prefix) ? "archive" : undefined;
  };
  return matchWhole(path, flavour, kindOf) ?? matchPrefix(path, flavour, kindOf) ?? fallBack(path, flavour);
}

type Kind = FoundLayout["kind"];
type KindOf = (prefix: string) => Kind | undefined;

/** Matches the path itself, or the path up to its last `@` or `:`. */
function matchWhole(path: string, flavour: typeof posix, kindOf: KindOf): FoundLayout | undefined {
  const whole = kindOf(path);
  if (whole !== undefined) return { directory: path, kind: whole, matched: "layout" };
  const rootLength = flavour.parse(path).root.length;
  for (const [separator, part, isValid] of [
    ["@", "digest", isValidDigest],
    [":", "tag", isValidTag],
  ] as const) {
    const at = path.lastIndexOf(separator);
    const rest = path.slice(at + 1);
    if (at <= 0 || at < rootLength || !isValid(rest)) continue;
    const directory = path.slice(0, at);
    const kind = kindOf(directory);
    if (kind !== undefined) return { directory, kind, reference: { [part]: rest }, matched: "layout" };
  }
  return undefined;
}

/** Matches the deepest prefix that is a layout or an archive, and leaves a valid reference. */
function matchPrefix(path: string, flavour: typeof posix, kindOf: KindOf): FoundLayout | undefined {
  for (const { directory, rest } of prefixes(path, flavour)) {
    const reference = tryParseHostlessReference(rest);
    const kind = reference === undefined ? undefined : kindOf(directory);
    if (kind !== undefined) return { directory, kind, reference, matched: "prefix" };
  }
  return undefined;
}

function fallBack(path: string, flavour: typeof posix): FoundLayout {
  const [deepest] = prefixes(path, flavour);
  if (deepest === undefined) throw invalid(path, "its last component is too long");
  try {
    const reference = parseHostlessReference(deepest.rest);
    return { directory: deepest.directory, kind: "directory", reference, matched: "fallback" };
  } catch (error) {
    throw isRegistryError(error) ? invalid(path, error.message) : error;
  }
}

/** The length of the longest possible reference. */
const MAX_REST = maxRepositoryLength + maxTagLength + maxDigestLength + 2;

/**
 * Yields the ways to cut a path into a directory and a rest, the deepest directory first. The rest may be a reference;
 * it has slashes on every system.
 */
function* prefixes(
  path: string,
  flavour: typeof posix,
): Generator<{ directory: string; rest: string }, void, undefined> {
  const { root } = flavour.parse(path);
  const separators = flavour.sep === "\\" ? /[\\/]+/g : /\/+/g;
  const cuts = Array.from(path.slice(root.length).matchAll(separators), (match) => {
    return { before: root.length + match.index, behind: root.length + match.index + match[0].length };
  });
  const normalise = (rest: string): string => rest.replaceAll(separators, "/");
  for (const { before, behind } of cuts.reverse()) {
    if (path.length - behind > MAX_REST) return;
    yield { directory: path.slice(0, before), rest: normalise(path.slice(behind)) };
  }
  if (path.length - root.length > MAX_REST) return;
  yield { directory: root === "" ? "." : root, rest: normalise(path.slice(root.length)) };
}

function hasMarker(disk: Disk, path: string): boolean {
  try {
    return disk.statNow(path)?.isFile() === true;
  } catch {
    return false; // It cannot be read, or its name is too long: not a candidate.
  }
}

/** Whether a file begins like an archive. It reads no more than the beginning. */
function beginsLikeArchive(disk: Disk, path: string): boolean {
  try {
    return disk.statNow(path)?.isFile() === true && isArchive(disk.headNow(path, ARCHIVE_HEAD_BYTES));
  } catch {
    return false; // As in hasMarker.
  }
}

function invalid(path: string, reason: string): RegistryError {
  const message = `${excerpt(path)} is neither a layout nor a reference: ${reason}`;
  return new RegistryError("NAME_INVALID", message, { detail: { reason } });
}
