import { posix, win32 } from "node:path";

import { layoutNames, RegistryError } from "@ocilayout/oci-types";
import { excerpt, maxDigestLength, requireString } from "@ocilayout/oci-types/authors";
import {
  isValidDigest,
  isValidTag,
  maxRepositoryLength,
  maxTagLength,
  tryParseHostlessReference,
} from "@ocilayout/ociref";

import type { Disk } from "../disk/disk.ts";
import { nodeDisk } from "../disk/disk.ts";

/** What {@link findLayout} makes of a path. */
export interface FoundLayout {
  /** The layout's directory as it was written, not resolved; `"."` where nothing was written. */
  readonly directory: string;
  /** What is meant within the layout; absent where that is all of it. */
  readonly reference?: LayoutReference | undefined;
  /**
   * How it was found. `"layout"`: the path, but for a tag or a digest, is a layout. `"prefix"`: a part of it is one.
   * `"fallback"`: there is none, and the last component is the reference.
   */
  readonly matched: "layout" | "prefix" | "fallback";
}

/** A reference within a layout, of which the repository may go without saying. */
export interface LayoutReference {
  /** The repository; absent where the layout was named with only a tag or a digest. */
  readonly repository?: string | undefined;
  /** The tag, without its colon. */
  readonly tag?: string | undefined;
  /** The digest, without its `@`. */
  readonly digest?: string | undefined;
}

/**
 * Finds out which part of a path is a layout's directory and which the reference: `images/team/app:v1` is `team/app:v1`
 * in `images`, where that is a layout. The deepest layout counts. A prefix that is a file or may not be looked into is
 * none, and no error.
 *
 * @throws `RegistryError` `NAME_INVALID` where no part of the path is a layout and its last component is no reference.
 */
export async function findLayout(path: string): Promise<FoundLayout> {
  return findLayoutOn(nodeDisk, path, process.platform === "win32" ? win32 : posix);
}

/** {@link findLayout} on a file system of the caller's choice, with that system's paths. */
export function findLayoutOn(disk: Disk, path: string, flavour: typeof posix): FoundLayout {
  requireString(path, "a path");
  if (path === "" || path.includes("\0")) throw invalid(path);
  const isLayout = (directory: string): boolean =>
    hasMarker(disk, flavour.join(directory, layoutNames.header));
  return (
    matchWhole(path, flavour, isLayout) ?? matchPrefix(path, flavour, isLayout) ?? fallBack(path, flavour)
  );
}

type IsLayout = (directory: string) => boolean;

/** The path itself, or the path up to its last `@` or `:`. */
function matchWhole(path: string, flavour: typeof posix, isLayout: IsLayout): FoundLayout | undefined {
  if (isLayout(path)) return { directory: path, matched: "layout" };
  const rootLength = flavour.parse(path).root.length;
  for (const [separator, part, isValid] of [
    ["@", "digest", isValidDigest],
    [":", "tag", isValidTag],
  ] as const) {
    const at = path.lastIndexOf(separator);
    const rest = path.slice(at + 1);
    if (at <= 0 || at < rootLength || !isValid(rest)) continue;
    const directory = path.slice(0, at);
    if (isLayout(directory)) return { directory, reference: { [part]: rest }, matched: "layout" };
  }
  return undefined;
}

/** The deepest prefix that is a layout and leaves a reference. */
function matchPrefix(path: string, flavour: typeof posix, isLayout: IsLayout): FoundLayout | undefined {
  for (const { directory, rest } of prefixes(path, flavour)) {
    const reference = tryParseHostlessReference(rest);
    if (reference !== undefined && isLayout(directory)) return { directory, reference, matched: "prefix" };
  }
  return undefined;
}

function fallBack(path: string, flavour: typeof posix): FoundLayout {
  const [deepest] = prefixes(path, flavour);
  const reference = deepest === undefined ? undefined : tryParseHostlessReference(deepest.rest);
  if (deepest === undefined || reference === undefined) throw invalid(path);
  return { directory: deepest.directory, reference, matched: "fallback" };
}

/** The longest rest that can be a reference. */
const MAX_REST = maxRepositoryLength + maxTagLength + maxDigestLength + 2;

/**
 * The ways to cut a path into a directory and a rest that may be a reference, the deepest first; the rest has slashes on
 * every system.
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
    return false; // Not to be looked into, or too long a name: no candidate.
  }
}

function invalid(path: string): RegistryError {
  return new RegistryError("NAME_INVALID", `neither a layout nor a reference: ${excerpt(path)}`);
}
