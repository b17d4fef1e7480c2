import { basename, dirname, join } from "node:path";

import { RegistryError } from "@ocilayout/oci-types";

import type { Disk, OpenFile } from "./disk.ts";
import { systemCode } from "./disk.ts";
import { ownedName } from "./owned-name.ts";
import { changeNames, syncDirectory, syncInDoubt } from "./sync-directory.ts";

/**
 * Creates `directory` and its missing parents, and syncs the parent of each if `durable`. An existing component may be
 * a link to a directory.
 */
export async function ensureDirectory(disk: Disk, directory: string, durable: boolean): Promise<void> {
  // Creating a directory that exists is an error, which takes longer than a look.
  if (disk.lstatNow(directory)?.isDirectory() === true) {
    if (durable) await syncInDoubt(disk, dirname(directory));
    return;
  }
  if (await makeMissing(disk, directory, durable)) return;
  await ensureDirectory(disk, dirname(directory), durable);
  if (await makeMissing(disk, directory, durable)) return;
  throw new RegistryError("STORAGE_FAILED", "cannot create a directory: another process removed its parent");
}

/** Returns false if the parent does not exist. */
async function makeMissing(disk: Disk, directory: string, durable: boolean): Promise<boolean> {
  const parent = dirname(directory);
  try {
    await changeNames(disk, parent, durable, () => disk.mkdir(directory));
  } catch (error) {
    if (systemCode(error) === "ENOENT" && parent !== directory) return false;
    if (systemCode(error) !== "EEXIST") throw error;
    if (disk.statNow(directory)?.isDirectory() === true) {
      if (durable) await syncInDoubt(disk, parent);
      return true;
    }
    throw new RegistryError(
      "LAYOUT_INVALID",
      "cannot create a directory: its name is taken by something else",
      { cause: error },
    );
  }
  if (durable) await syncDirectory(disk, parent);
  return true;
}

/** Returns a unique name beside `path`, for a file that is to replace `path`. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `.${basename(path)}.${ownedName()}.tmp`);
}

/** Creates the file `path`, open for reading and writing. `path` must not exist, not even as a link. */
export function createFile(disk: Disk, path: string): Promise<OpenFile> {
  return disk.open(path, "wx+");
}

/**
 * Creates the file `path`, which must not exist, lets `write` fill it, and closes it. Removes the file if anything
 * fails.
 */
export async function writeNewFile<Result>(
  disk: Disk,
  path: string,
  write: (file: OpenFile) => Promise<Result>,
): Promise<Result> {
  const file = await createFile(disk, path);
  let result: Result;
  try {
    try {
      result = await write(file);
    } finally {
      await disk.close(file);
    }
  } catch (error) {
    await removeQuietly(disk, path);
    throw error;
  }
  return result;
}

/** Removes a file that is no longer needed. If that fails, `gc` removes it later. */
export async function removeQuietly(disk: Disk, path: string): Promise<void> {
  await disk.unlink(path).catch(() => undefined);
}

/** Renames a temporary file, or removes it if that fails. */
export async function renameOrRemove(disk: Disk, temporary: string, path: string): Promise<void> {
  try {
    await disk.rename(temporary, path);
  } catch (error) {
    await removeQuietly(disk, temporary);
    throw error;
  }
}

/** Closes a file whose content is synced, or no longer needed. */
export async function closeQuietly(
  disk: Pick<Disk, "close">,
  file: OpenFile,
  freesLittle?: boolean,
): Promise<void> {
  await disk.close(file, freesLittle).catch(() => undefined);
}
