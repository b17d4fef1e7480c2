import type { BigIntStats } from "node:fs";
import { constants } from "node:fs";

import { RegistryError } from "@ocilayout/oci-types";

import { closeQuietly } from "./atomic-file.ts";
import type { Disk, OpenFile } from "./disk.ts";
import { isAbsent, systemCode } from "./disk.ts";

/** The largest file of ours that is read whole, in bytes: a lock, the record of an upload session, `oci-layout`. */
export const SMALL_FILE_BYTES: number = 64 * 1024;

/** A regular file that is open, and what it was when it was opened. */
export interface RegularFile {
  readonly file: OpenFile;
  readonly stats: BigIntStats;
}

const ACCESS: Readonly<Record<"read" | "write", number>> = { read: constants.O_RDONLY, write: constants.O_RDWR };

/**
 * Opens the file `path` without following a link and without waiting for the other end of a pipe. Windows knows neither
 * flag, so a link is looked for there before.
 *
 * @param name - The file's path within the layout, for the message.
 * @returns `undefined` if nothing is there.
 * @throws `RegistryError` `LAYOUT_INVALID` if a link, a pipe, a device or a directory is there.
 */
export async function openRegularFile(
  disk: Disk,
  path: string,
  name: string,
  access: "read" | "write" = "read",
): Promise<RegularFile | undefined> {
  let file: OpenFile;
  try {
    if (process.platform === "win32" && disk.isLinkNow(path)) throw notRegular(name);
    file = await disk.open(path, ACCESS[access] | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    // ELOOP: a link. ENXIO: a socket, or a pipe that is opened for writing. EISDIR: a directory, opened for writing.
    if (["ELOOP", "EMLINK", "ENXIO", "EISDIR"].includes(systemCode(error) ?? "")) throw notRegular(name, error);
    throw error;
  }
  try {
    const stats = await disk.fstat(file);
    if (!stats.isFile()) throw notRegular(name);
    return { file, stats };
  } catch (error) {
    await closeQuietly(disk, file);
    throw error;
  }
}

/**
 * Reads the whole file `path`, opened as {@link openRegularFile} does.
 *
 * @param maxBytes - The limit, in bytes: it also holds for a file that grows while it is read.
 * @returns `undefined` if nothing is there.
 * @throws `RegistryError` `LAYOUT_INVALID` if it is not a regular file, or larger than `maxBytes`.
 */
export async function readSmallFile(
  disk: Disk,
  path: string,
  name: string,
  maxBytes: number = SMALL_FILE_BYTES,
): Promise<{ readonly bytes: Uint8Array; readonly stats: BigIntStats } | undefined> {
  const opened = await openRegularFile(disk, path, name);
  if (opened === undefined) return undefined;
  const { file, stats } = opened;
  try {
    return { bytes: await readUpTo(disk, file, name, stats, maxBytes), stats };
  } finally {
    await closeQuietly(disk, file);
  }
}

/** Reads all of an open file, at most `maxBytes` of it: a larger one is `LAYOUT_INVALID`. */
export async function readUpTo(
  disk: Disk,
  file: OpenFile,
  name: string,
  { size }: Pick<BigIntStats, "size">,
  maxBytes: number,
): Promise<Uint8Array> {
  if (size > BigInt(maxBytes)) throw tooLarge(name, maxBytes);
  // One byte more than it has: a file that grows meanwhile is noticed.
  const buffer = new Uint8Array(Math.min(Number(size), maxBytes) + 1);
  const count = await disk.read(file, buffer, 0);
  if (count < buffer.length) return buffer.subarray(0, count);
  const { size: grown } = await disk.fstat(file);
  return readUpTo(disk, file, name, { size: grown > size ? grown : size + 1n }, maxBytes);
}

function notRegular(name: string, cause?: unknown): RegistryError {
  return new RegistryError("LAYOUT_INVALID", `${name} is not a regular file`, cause === undefined ? {} : { cause });
}

function tooLarge(name: string, maxBytes: number): RegistryError {
  return new RegistryError("LAYOUT_INVALID", `${name} is larger than ${maxBytes} bytes`);
}
