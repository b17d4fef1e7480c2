import { join } from "node:path";

import { isRegistryError, RegistryError } from "@ocilayout/oci-types";

import { closeQuietly, createFile, ensureDirectory, removeQuietly } from "./atomic-file.ts";
import type { Dirent, Disk, OpenFile } from "./disk.ts";
import { isFileFault, listIfThere } from "./disk.ts";

/**
 * A directory that this package owns, as it was when it was checked.
 *
 * This module and `regular-file.ts` guard everything below a layout's root except `blobs`. A layout may come from
 * anywhere, so each directory on a path is checked before it is used. If it is a link, or anything but a directory, the
 * call fails with `LAYOUT_INVALID`. Files are created exclusively, opened without following links, and removed one by
 * one, by names that this package makes.
 *
 * Node has no `openat`, so a process that can write to the layout can replace a directory with a link between check and
 * use. To limit that race, {@link createIn} checks again afterwards and removes what it created elsewhere. Callers
 * check again before they remove something. In the remaining gap, such a process can do two things:
 *
 * - make an empty file with an unguessable name appear in a directory that this process may write to;
 * - cause the removal of files that have names of this package.
 */
export interface OwnDirectory {
  readonly path: string;
  /** The path relative to the layout, for messages. */
  readonly name: string;
  /** Device and inode. */
  readonly id: string;
}

/**
 * Checks a directory that this package owns.
 *
 * @param name - Its path relative to the layout, for the message.
 * @returns `undefined` if nothing is there.
 * @throws `RegistryError` `LAYOUT_INVALID` if it is a link, or anything but a directory.
 */
export function findDirectory(disk: Disk, path: string, name: string): OwnDirectory | undefined {
  const stats = disk.lstatNow(path);
  if (stats === undefined) return undefined;
  if (stats.isDirectory()) return { path, name, id: `${stats.dev}:${stats.ino}` };
  throw notDirectory(name, stats.isSymbolicLink());
}

/** {@link findDirectory}, but creates a missing directory. */
export async function makeDirectory(
  disk: Disk,
  path: string,
  name: string,
  durable: boolean,
): Promise<OwnDirectory> {
  const found = findDirectory(disk, path, name);
  if (found !== undefined) return found;
  await ensureDirectory(disk, path, durable);
  const made = findDirectory(disk, path, name);
  if (made !== undefined) return made;
  throw new RegistryError("STORAGE_FAILED", `cannot create ${name}: another process removed it`);
}

/** Whether the checked directory is still the one at its path. */
export function isUnmoved(disk: Disk, { path, id }: OwnDirectory): boolean {
  const stats = disk.lstatNow(path);
  return stats?.isDirectory() === true && `${stats.dev}:${stats.ino}` === id;
}

/** Fails with `LAYOUT_INVALID` unless the checked directory is still the one at its path. */
export function requireUnmoved(disk: Disk, directory: OwnDirectory): void {
  if (isUnmoved(disk, directory)) return;
  throw new RegistryError("LAYOUT_INVALID", `another process replaced ${directory.name} during the call`);
}

/** Creates a file that must not exist, open for writing. Removes it again if the directory was replaced meanwhile. */
export async function createIn(disk: Disk, directory: OwnDirectory, fileName: string): Promise<OpenFile> {
  const path = join(directory.path, fileName);
  const file = await createFile(disk, path);
  try {
    requireUnmoved(disk, directory);
    return file;
  } catch (error) {
    await closeQuietly(disk, file);
    await removeQuietly(disk, path);
    throw error;
  }
}

/** Creates a directory that must not exist in another. Removes it again if the other was replaced meanwhile. */
export async function createDirectoryIn(
  disk: Disk,
  directory: OwnDirectory,
  name: string,
): Promise<OwnDirectory> {
  const path = join(directory.path, name);
  await disk.mkdir(path);
  try {
    requireUnmoved(disk, directory);
  } catch (error) {
    await disk.rmdir(path).catch(() => undefined);
    throw error;
  }
  const made = findDirectory(disk, path, `${directory.name}/${name}`);
  if (made !== undefined) return made;
  throw new RegistryError(
    "STORAGE_FAILED",
    `cannot create ${directory.name}/${name}: another process removed it`,
  );
}

/**
 * Removes the files of a directory whose names match `ours`, and then the directory if it is empty. Never rejects: a
 * garbage collection removes the rest later.
 */
export async function removeOwn(disk: Disk, directory: OwnDirectory, ours: RegExp): Promise<void> {
  try {
    for (const { name } of await listIfThere(disk, directory.path)) {
      if (!isUnmoved(disk, directory)) return;
      if (ours.test(name)) await removeQuietly(disk, join(directory.path, name));
    }
    await disk.rmdir(directory.path);
  } catch {
    // It contains another file, or the system refuses.
  }
}

/**
 * Lists a directory that this package owns, in no particular order.
 *
 * @returns An empty list if it does not exist.
 * @throws `RegistryError` `LAYOUT_INVALID` as {@link findDirectory} does.
 */
export async function listDirectory(disk: Disk, path: string, name: string): Promise<Dirent[]> {
  return findDirectory(disk, path, name) === undefined ? [] : listIfThere(disk, path);
}

/**
 * Runs an operation on one file or session. Returns `undefined` if the file or session is invalid or unreadable, which
 * must not disturb others.
 */
export async function unlessUnsound<Result>(run: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await run();
  } catch (error) {
    if (isRegistryError(error, "LAYOUT_INVALID") || isFileFault(error)) return undefined;
    throw error;
  }
}

/** Returns the error for a path that should be a directory. */
export function notDirectory(name: string, isLink: boolean): RegistryError {
  return new RegistryError("LAYOUT_INVALID", `${name} is ${isLink ? "a link" : "not a directory"}`);
}
