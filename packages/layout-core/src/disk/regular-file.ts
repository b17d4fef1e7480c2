import { constants } from "node:fs";

import { RegistryError } from "@ocilayout/oci-types";

import { closeQuietly } from "./atomic-file.ts";
import type { BigIntStats, Disk, OpenFile } from "./disk.ts";
import { isAbsent, systemCode } from "./disk.ts";

/** The limit, in bytes, for a small file that is read whole: a lock, the record of an upload session, `oci-layout`. */
export const SMALL_FILE_BYTES: number = 64 * 1024;

/** An open regular file, and its state when it was opened. */
export interface RegularFile {
  readonly file: OpenFile;
  readonly stats: BigIntStats;
}

/** Why a file was not opened: a link, or a pipe, a socket, a device or a directory is there. */
export interface Obstacle {
  readonly obstacle: "link" | "other";
  /** The system's error, if it refused. */
  readonly cause?: unknown;
}

/** Do not follow a link, and do not wait for the other end of a pipe. Windows has neither flag. */
const CAREFULLY = constants.O_NONBLOCK | constants.O_NOFOLLOW;
const ACCESS: Readonly<Record<"read" | "write", number>> = {
  read: constants.O_RDONLY | CAREFULLY,
  write: constants.O_RDWR | CAREFULLY,
};

/** ELOOP: a link. ENXIO: a socket, or a pipe opened for writing. EISDIR: a directory opened for writing. */
const OBSTACLES: ReadonlyMap<string | undefined, Obstacle["obstacle"]> = new Map([
  ["ELOOP", "link"],
  ["ENXIO", "other"],
  ["EISDIR", "other"],
]);

/**
 * Opens the file `path` only if it is a regular file. It is checked first, so that no device is opened. It is then
 * opened without following links, in case a link has replaced it.
 *
 * @param look - Returns what is at `path`, as the caller saw it just now. Defaults to another look.
 * @returns `undefined` if nothing is there.
 */
export async function tryOpen(
  disk: Disk,
  path: string,
  access: "read" | "write" = "read",
  look: () => BigIntStats | undefined = () => disk.lstatNow(path),
): Promise<RegularFile | Obstacle | undefined> {
  let file: OpenFile;
  try {
    const found = look();
    if (found === undefined) return undefined;
    if (!found.isFile()) return { obstacle: found.isSymbolicLink() ? "link" : "other" };
    file = await disk.open(path, ACCESS[access]);
  } catch (cause) {
    if (isAbsent(cause)) return undefined;
    const obstacle = OBSTACLES.get(systemCode(cause));
    if (obstacle === undefined) throw cause;
    return { obstacle, cause };
  }
  try {
    const stats = await disk.fstat(file);
    if (stats.isFile()) return { file, stats };
  } catch (error) {
    await closeQuietly(disk, file);
    throw error;
  }
  await closeQuietly(disk, file);
  return { obstacle: "other" };
}

/**
 * Opens a file that this package owns, as {@link tryOpen} does.
 *
 * @param name - The file's path relative to the layout, for the message.
 * @returns `undefined` if nothing is there.
 * @throws `RegistryError` `LAYOUT_INVALID` if a link, a pipe, a device or a directory is there.
 */
export async function openRegularFile(
  disk: Disk,
  path: string,
  name: string,
  access: "read" | "write" = "read",
): Promise<RegularFile | undefined> {
  const opened = await tryOpen(disk, path, access);
  if (opened !== undefined && "obstacle" in opened) throw notRegular(name, opened.cause);
  return opened;
}

/**
 * Reads the whole file `path`, opened as {@link openRegularFile} does.
 *
 * @param maxBytes - The limit in bytes. It also holds for a file that grows during the read.
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

/**
 * Reads all of an open file.
 *
 * @throws `RegistryError` `LAYOUT_INVALID` if it is larger than `maxBytes`.
 */
export async function readUpTo(
  disk: Disk,
  file: OpenFile,
  name: string,
  { size }: Pick<BigIntStats, "size">,
  maxBytes: number,
): Promise<Uint8Array> {
  const bytes = await readBounded(disk, file, Number(size), maxBytes);
  if (bytes !== "too large") return bytes;
  throw new RegistryError("LAYOUT_INVALID", `${name} is larger than ${maxBytes} bytes`);
}

/**
 * Reads all of an open file, unless it is larger than `maxBytes`. Memory is bounded by the content of the file, also if
 * it grows during the read.
 *
 * @param size - The expected size in bytes.
 */
export async function readBounded(
  disk: Disk,
  file: OpenFile,
  size: number,
  maxBytes: number,
): Promise<Uint8Array | "too large"> {
  for (let expected = size; expected <= maxBytes;) {
    // One byte more than expected, to notice a file that grew.
    const buffer = new Uint8Array(expected + 1);
    const count = await disk.read(file, buffer, 0);
    if (count <= expected) return buffer.subarray(0, count);
    const grown = Number((await disk.fstat(file)).size);
    expected = expected === maxBytes ? Infinity : Math.max(grown, Math.min(expected * 2 + 1, maxBytes));
  }
  return "too large";
}

/**
 * Fails if a file that is to be written in place has another hard link. Files of this package have one name.
 *
 * @throws `RegistryError` `LAYOUT_INVALID`.
 */
export function requireOneName({ nlink }: Pick<BigIntStats, "nlink">, name: string): void {
  if (nlink > 1n) throw new RegistryError("LAYOUT_INVALID", `${name} has more than one hard link`);
}

function notRegular(name: string, cause?: unknown): RegistryError {
  return new RegistryError(
    "LAYOUT_INVALID",
    `${name} is not a regular file`,
    cause === undefined ? {} : { cause },
  );
}
