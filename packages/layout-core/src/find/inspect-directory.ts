import { join } from "node:path";

import { requireString } from "@ocilayout/oci-types/authors";
import { layoutNames } from "@ocilayout/oci-types";

import type { Disk } from "../disk/disk.ts";
import { isAbsent, nodeDisk } from "../disk/disk.ts";
import { isEmptyBlobs, ownNames } from "../disk/layout-files.ts";

/**
 * The result of {@link inspectDirectory}.
 *
 * - `"absent"`: it does not exist.
 * - `"empty"`: a directory without entries.
 * - `"unfinished"`: a directory with only what a first write creates before `oci-layout`, such as the upload sessions
 *   of a process that was killed. It reads as an empty layout, and the next write completes it.
 * - `"layout"`: a directory with an `oci-layout`, so a layout, complete or damaged.
 * - `"remnant"`: a directory with `index.json` and `blobs` but without `oci-layout`, so a damaged layout.
 * - `"other"`: another directory, one that cannot be read, or not a directory.
 */
export type DirectoryKind = "absent" | "empty" | "unfinished" | "layout" | "remnant" | "other";

/**
 * Determines by the names in a directory whether it is a layout, or can become one. It opens no file and changes
 * nothing.
 *
 * @throws TypeError if `directory` is not a path.
 */
export async function inspectDirectory(directory: string): Promise<DirectoryKind> {
  requireString(directory, "a directory");
  if (directory === "" || directory.includes("\0")) throw new TypeError("a directory must be a path");
  try {
    return await kindOf(nodeDisk, directory, await nodeDisk.list(directory));
  } catch (error) {
    return isAbsent(error) && !isThere(nodeDisk, directory) ? "absent" : "other";
  }
}

/** An entry of a directory. */
type Entry = Awaited<ReturnType<Disk["list"]>>[number];

async function kindOf(disk: Disk, directory: string, entries: readonly Entry[]): Promise<DirectoryKind> {
  if (entries.length === 0) return "empty";
  const names = new Set(entries.map(({ name }) => name));
  if (names.has(layoutNames.header)) return "layout";
  if (names.has(layoutNames.index) && names.has(layoutNames.blobs)) return "remnant";
  for (const entry of entries) if (!(await isOfFirstWrite(disk, directory, entry))) return "other";
  return "unfinished";
}

/** The lock, files that become the lock, and temporary files of `index.json` and `oci-layout`. */
const BESIDE_THE_INDEX = /^\.(?:index\.json|oci-layout)\../;

/** Whether a first write creates such an entry before `oci-layout`. */
async function isOfFirstWrite(disk: Disk, directory: string, entry: Entry): Promise<boolean> {
  if (entry.isFile()) return BESIDE_THE_INDEX.test(entry.name);
  if (!entry.isDirectory()) return false;
  return (
    entry.name === ownNames.uploads ||
    (entry.name === layoutNames.blobs && (await isEmptyBlobs(disk, join(directory, entry.name))))
  );
}

function isThere(disk: Disk, path: string): boolean {
  try {
    return disk.statNow(path) !== undefined;
  } catch {
    return false;
  }
}
