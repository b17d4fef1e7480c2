import { join } from "node:path";

import { isRegistryError, RegistryError } from "@ocilayout/oci-types";

import { closeQuietly, createFile, ensureDirectory, removeQuietly } from "./atomic-file.ts";
import type { Dirent, Disk, OpenFile } from "./disk.ts";
import { isFileFault, listIfThere } from "./disk.ts";

/**
 * A directory of ours, as it was when it was looked at.
 *
 * Together with `regular-file.ts` this module is the door to everything below a layout's root except `blobs`. A layout may
 * come from anybody, so each directory on the way is looked at before it is used: a link, or anything else that is not a
 * directory, makes the call `LAYOUT_INVALID`. Files are created exclusively, opened without following links, and removed
 * one by one, by names that we make.
 *
 * Node has no `openat`, so another process that can write to the layout can swap a directory for a link between the look
 * and the use. What is left of that race: {@link createIn} looks again afterwards and removes what it created elsewhere;
 * callers look again before they remove something. In between, such a process can make an empty file with an unguessable
 * name appear in a directory that we may write to, and can have files removed that carry a name of ours.
 */
export interface OwnDirectory {
  readonly path: string;
  /** The path within the layout, for messages. */
  readonly name: string;
  /** Device and inode. */
  readonly id: string;
}

/**
 * Looks at a directory of ours.
 *
 * @param name - Its path within the layout, for the message.
 * @returns `undefined` if nothing is there.
 * @throws `RegistryError` `LAYOUT_INVALID` if a link is there, or anything else that is not a directory.
 */
export function findDirectory(disk: Disk, path: string, name: string): OwnDirectory | undefined {
  const stats = disk.lstatNow(path);
  if (stats === undefined) return undefined;
  if (stats.isDirectory()) return { path, name, id: `${stats.dev}:${stats.ino}` };
  throw notDirectory(name, stats.isSymbolicLink());
}

/** {@link findDirectory}, and creates what is not there. */
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
  throw new RegistryError("STORAGE_FAILED", `${name} was removed while it was being made`);
}

/** Whether the directory that was looked at is still the one at its path. */
export function isUnmoved(disk: Disk, { path, id }: OwnDirectory): boolean {
  const stats = disk.lstatNow(path);
  return stats?.isDirectory() === true && `${stats.dev}:${stats.ino}` === id;
}

/** Fails with `LAYOUT_INVALID` unless the directory that was looked at is still the one at its path. */
export function requireUnmoved(disk: Disk, directory: OwnDirectory): void {
  if (isUnmoved(disk, directory)) return;
  throw new RegistryError("LAYOUT_INVALID", `${directory.name} was replaced while it was in use`);
}

/** Creates a file that must not exist, open for writing. It is removed again if the directory was replaced meanwhile. */
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

/** Creates a directory in one of ours that must not exist. It is removed again if the other was replaced meanwhile. */
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
  throw new RegistryError("STORAGE_FAILED", `${directory.name}/${name} was removed while it was being made`);
}

/**
 * Removes the files of a directory whose names are `ours`, and the directory if nothing else is in it. Never rejects: a
 * garbage collection removes what cannot be removed now.
 */
export async function removeOwn(disk: Disk, directory: OwnDirectory, ours: RegExp): Promise<void> {
  try {
    for (const { name } of await listIfThere(disk, directory.path)) {
      if (!isUnmoved(disk, directory)) return;
      if (ours.test(name)) await removeQuietly(disk, join(directory.path, name));
    }
    await disk.rmdir(directory.path);
  } catch {
    // Something that is not ours is in it, or the system refuses.
  }
}

/**
 * Lists a directory of ours, in no order.
 *
 * @returns Nothing if it is not there.
 * @throws `RegistryError` `LAYOUT_INVALID` as {@link findDirectory} does.
 */
export async function listDirectory(disk: Disk, path: string, name: string): Promise<Dirent[]> {
  return findDirectory(disk, path, name) === undefined ? [] : listIfThere(disk, path);
}

/** Runs what concerns one file or session; `undefined` if that is not as we make it, which disturbs no other. */
export async function unlessUnsound<Result>(run: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await run();
  } catch (error) {
    if (isRegistryError(error, "LAYOUT_INVALID") || isFileFault(error)) return undefined;
    throw error;
  }
}

/** The error for what stands in the place of a directory. */
export function notDirectory(name: string, isLink: boolean): RegistryError {
  return new RegistryError("LAYOUT_INVALID", `${name} is ${isLink ? "a link" : "not a directory"}`);
}
