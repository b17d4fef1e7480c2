import { basename, dirname, join } from "node:path";

import { RegistryError } from "@ocilayout/oci-types";

import type { Disk, OpenFile } from "./disk.ts";
import { systemCode } from "./disk.ts";
import { ownedName } from "./owned-name.ts";

/** Makes what is in a directory durable: created, renamed and removed names. */
export async function syncDirectory(disk: Disk, directory: string): Promise<void> {
  // Windows has no such thing as opening a directory to sync it.
  if (process.platform === "win32") return;
  const handle = await disk.open(directory, "r");
  try {
    await disk.sync(handle);
  } catch (error) {
    // Some file systems do not sync directories at all and say so.
    if (systemCode(error) !== "EINVAL") throw error;
  } finally {
    await disk.close(handle);
  }
}

/**
 * Creates `directory` and what is missing above it, each one's parent synced if `durable`. What is there already may be a
 * link to a directory.
 */
export async function ensureDirectory(disk: Disk, directory: string, durable: boolean): Promise<void> {
  if (await makeMissing(disk, directory, durable)) return;
  await ensureDirectory(disk, dirname(directory), durable);
  if (await makeMissing(disk, directory, durable)) return;
  throw new RegistryError("STORAGE_FAILED", "a directory was removed while another was being made in it");
}

/** False if there is nothing to create it in. */
async function makeMissing(disk: Disk, directory: string, durable: boolean): Promise<boolean> {
  try {
    await disk.mkdir(directory);
  } catch (error) {
    if (systemCode(error) === "ENOENT" && dirname(directory) !== directory) return false;
    if (systemCode(error) !== "EEXIST") throw error;
    if (disk.statNow(directory)?.isDirectory() === true) return true;
    throw new RegistryError("LAYOUT_INVALID", "a file is where a directory should be", { cause: error });
  }
  if (durable) await syncDirectory(disk, dirname(directory));
  return true;
}

/** A name that nothing else has, beside `path`, for what is to take its place. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `.${basename(path)}.${ownedName()}.tmp`);
}

/** Creates the file `path`, which must not exist, not even as a link; open for reading and writing. */
export function createFile(disk: Disk, path: string): Promise<OpenFile> {
  return disk.open(path, "wx+");
}

/**
 * Creates the file `path`, which must not exist, lets `write` fill it, and closes it. Where anything fails the
 * file is removed again.
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

/** Removes a file of ours that is of no use any more; `gc` removes what could not be removed here. */
export async function removeQuietly(disk: Disk, path: string): Promise<void> {
  await disk.unlink(path).catch(() => undefined);
}

/** Renames a temporary file; where that fails, removes it. */
export async function renameOrRemove(disk: Disk, temporary: string, path: string): Promise<void> {
  try {
    await disk.rename(temporary, path);
  } catch (error) {
    await removeQuietly(disk, temporary);
    throw error;
  }
}

/** Closes a file of which nothing more is wanted: what was written to it is synced, or of no use. */
export async function closeQuietly(disk: Disk, file: OpenFile): Promise<void> {
  await disk.close(file).catch(() => undefined);
}
