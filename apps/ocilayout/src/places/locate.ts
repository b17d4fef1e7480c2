import { existsSync, statSync } from "node:fs";
import { join } from "node:path";

import type { DirectoryKind } from "@ocilayout/layout-core";
import { findLayout, inspectDirectory } from "@ocilayout/layout-core";
import { isRegistryError, layoutNames, RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";
import type { Reference } from "@ocilayout/ociref";
import { parseHostlessReference } from "@ocilayout/ociref";

import { explainAbsent, explainMissing } from "./advise.ts";
import type { Target } from "./target.ts";

/**
 * Finds the layout and the reference that `path` means, with `findLayout`. If the layout does not exist, a double slash
 * marks the end of its directory.
 *
 * @throws `RegistryError` `NAME_INVALID` if the path has no meaning.
 */
export async function locate(path: string): Promise<Target> {
  // A damaged or unfinished layout is also a directory of its own, not a name in its parent.
  if (["layout", "remnant", "unfinished"].includes(await kindOf(path)))
    return { kind: "layout", path, directory: path, exists: true };
  const { directory, reference, matched } = await findLayout(path).catch((error: unknown) => {
    const advice = isRegistryError(error, "NAME_INVALID") ? explainMissing(path) : undefined;
    if (advice === undefined) throw error;
    const message = `${excerpt(path)} is neither a layout nor a reference: ${advice}`;
    throw new RegistryError("NAME_INVALID", message, { cause: error });
  });
  const marked = matched === "fallback" ? cutAtMark(path) : undefined;
  if (marked !== undefined) return { kind: "layout", path, ...marked, exists: false };
  return { kind: "layout", path, directory, ...reference, exists: matched !== "fallback" };
}

/**
 * Finds the directory of layouts and the reference that `path` means. The directory ends at a double slash, or else is the
 * deepest directory of the path that is not a layout. Every choice means the same layout.
 *
 * @throws `RegistryError` `NAME_INVALID` if the rest of the path is not a reference.
 */
export function locateInTree(path: string): Target {
  if (isDirectory(path) && !hasMarker(path)) return { kind: "tree", path, directory: path, exists: true };
  const marked = cutAtMark(path);
  if (marked !== undefined) return { kind: "tree", path, ...marked, exists: isDirectory(marked.directory) };
  for (let end = path.lastIndexOf("/"); end >= 0; end = path.lastIndexOf("/", end - 1)) {
    const directory = end === 0 ? "/" : path.slice(0, end);
    if (isDirectory(directory) && !hasMarker(directory)) return inTree(path, directory, path.slice(end + 1));
    if (end === 0) break;
  }
  return inTree(path, ".", path);
}

/** Splits `path` at a double slash into directory and reference. */
function cutAtMark(path: string): (Reference & { readonly directory: string }) | undefined {
  const at = path.indexOf("//", 1);
  return at < 0 ? undefined : { directory: path.slice(0, at), ...parseHostlessReference(path.slice(at + 2)) };
}

function inTree(path: string, directory: string, rest: string): Target {
  return { kind: "tree", path, directory, ...parseHostlessReference(rest), exists: isDirectory(directory) };
}

/** Finds the whole layout at `path`. */
export async function locateWhole(path: string): Promise<Target> {
  try {
    return await locate(path);
  } catch (error) {
    // The name of a directory need not be a valid repository name.
    if (!isRegistryError(error, "NAME_INVALID") || path === "" || path.includes("\0")) throw error;
    return { kind: "layout", path, directory: path, exists: false };
  }
}

/** Finds the whole directory of layouts at `path`. */
export function locateWholeTree(path: string): Target {
  if (!hasMarker(path)) return { kind: "tree", path, directory: path, exists: isDirectory(path) };
  throw new RegistryError(
    "LAYOUT_INVALID",
    `${excerpt(path)} is one layout, not a directory of layouts: leave out --per-repo`,
  );
}

/** Returns the error for a layout that does not exist. */
export function noLayout({ path }: Target): RegistryError {
  const message = `cannot find a layout or archive at ${excerpt(path)}`;
  return new RegistryError("NAME_UNKNOWN", `${message}: ${explainMissing(path) ?? explainAbsent(path)}`);
}

/** Whether a layout may be created in `directory`: it is absent, empty or an unfinished layout. */
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
    return false; // Unreadable, or not a path.
  }
}

function hasMarker(directory: string): boolean {
  return existsSync(join(directory, layoutNames.header));
}
