import { existsSync, statSync } from "node:fs";
import { join } from "node:path";

import type { DirectoryKind } from "@ocilayout/layout-core";
import { findLayout, inspectDirectory } from "@ocilayout/layout-core";
import { isRegistryError, layoutNames, RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";
import type { Reference } from "@ocilayout/ociref";
import { parseHostlessReference } from "@ocilayout/ociref";

import { explainMissing } from "./advise.ts";

/** What a PATH means. */
export interface Target {
  /** As it was written. */
  readonly path: string;
  /** The layout's directory, or that of all layouts. */
  readonly directory: string;
  /** Absent where the path names none: the default repository, or all of them. */
  readonly repository?: string | undefined;
  /** The tag, where the path ends in one. */
  readonly tag?: string | undefined;
  /** The digest, where the path ends in one. */
  readonly digest?: string | undefined;
  /** Whether there is a layout, whole or damaged, or for a directory of layouts that directory. */
  readonly exists: boolean;
}

/**
 * Finds the layout and the reference that `path` means, by `findLayout`. Where there is no layout yet, a double slash
 * says where its directory ends.
 *
 * @throws `RegistryError` `NAME_INVALID` where it can mean nothing.
 */
export async function locate(path: string): Promise<Target> {
  // Also a damaged layout, or one whose first write was interrupted: not a name in the directory above.
  if (["layout", "remnant", "unfinished"].includes(await kindOf(path)))
    return { path, directory: path, exists: true };
  const { directory, reference, matched } = await findLayout(path).catch((error: unknown) => {
    throw isRegistryError(error, "NAME_INVALID") ? withAdvice(error, path) : error;
  });
  const marked = matched === "fallback" ? cutAtMark(path) : undefined;
  if (marked !== undefined) return { path, ...marked, exists: false };
  return { path, directory, ...reference, exists: matched !== "fallback" };
}

/**
 * Finds the directory of layouts and the reference that `path` means. The deepest directory that is no layout is that of
 * all layouts, unless a double slash says another: wherever it is cut, it is the same layout.
 *
 * @throws `RegistryError` `NAME_INVALID` where what follows the directory is no reference.
 */
export function locateInTree(path: string): Target {
  if (isDirectory(path) && !hasMarker(path)) return { path, directory: path, exists: true };
  const marked = cutAtMark(path);
  if (marked !== undefined) return { path, ...marked, exists: isDirectory(marked.directory) };
  for (let end = path.lastIndexOf("/"); end >= 0; end = path.lastIndexOf("/", end - 1)) {
    const directory = end === 0 ? "/" : path.slice(0, end);
    if (isDirectory(directory) && !hasMarker(directory)) return inTree(path, directory, path.slice(end + 1));
    if (end === 0) break;
  }
  return inTree(path, ".", path);
}

/** The directory before a double slash, and the reference behind it. */
function cutAtMark(path: string): (Reference & { readonly directory: string }) | undefined {
  const at = path.indexOf("//", 1);
  return at < 0 ? undefined : { directory: path.slice(0, at), ...parseHostlessReference(path.slice(at + 2)) };
}

function inTree(path: string, directory: string, rest: string): Target {
  return { path, directory, ...parseHostlessReference(rest), exists: isDirectory(directory) };
}

/** `path` as a whole: a layout's directory, or with `perRepo` that of all layouts. */
export async function locateWhole(path: string, perRepo: boolean): Promise<Target> {
  if (perRepo) {
    if (!hasMarker(path)) return { path, directory: path, exists: isDirectory(path) };
    throw new RegistryError(
      "LAYOUT_INVALID",
      `${excerpt(path)} is one layout, not a directory of layouts: leave out --per-repo`,
    );
  }
  try {
    return await locate(path);
  } catch (error) {
    // A directory need not be called as a repository may be.
    if (!isRegistryError(error, "NAME_INVALID") || path === "" || path.includes("\0")) throw error;
    return { path, directory: path, exists: false };
  }
}

/** The error for a layout that is not there. */
export function noLayout({ path }: Target): RegistryError {
  return withAdvice(new RegistryError("NAME_UNKNOWN", `there is no layout at ${excerpt(path)}`), path);
}

/** `error`, with what to write instead of `path`. */
function withAdvice(error: RegistryError, path: string): RegistryError {
  const advice = explainMissing(path);
  return advice === undefined
    ? error
    : new RegistryError(error.code, `${error.message}: ${advice}`, { cause: error });
}

/** Whether a layout may be created in `directory`: nothing else is there. */
export async function isFree(directory: string): Promise<boolean> {
  return ["absent", "empty", "unfinished"].includes(await kindOf(directory));
}

async function kindOf(path: string): Promise<DirectoryKind> {
  return path === "" || path.includes("\0") ? "absent" : inspectDirectory(path);
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // Not to be looked into, or no path at all.
  }
}

function hasMarker(directory: string): boolean {
  return existsSync(join(directory, layoutNames.header));
}
