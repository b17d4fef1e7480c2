import { isAscii, isUtf8 } from "node:buffer";
import { join } from "node:path";

import { layoutNames, RegistryError } from "@ocilayout/oci-types";

import { closeQuietly } from "./atomic-file.ts";
import type { BigIntStats, Disk, OpenFile } from "./disk.ts";
import { listIfThere } from "./disk.ts";
import { openRegularFile, readUpTo } from "./regular-file.ts";

/**
 * How long to retry a text that cannot be parsed, and how often, in milliseconds. Another program may be writing it in
 * place. Only tests change it.
 */
export const torn: { waitMs: number; readonly retryMs: number } = { waitMs: 1_000, retryMs: 20 };

/** The names that this package adds to a layout's directory. They are not valid names of repositories. */
export const ownNames = {
  /** The directory of upload sessions and of blobs being written. */
  uploads: "_uploads",
  /** The writer's lock. The names of files that become it begin with this name. */
  lock: ".index.json.lock",
} as const;

/** The paths of the parts of a layout. */
export interface LayoutPaths {
  readonly root: string;
  /** The directory of layouts that contains the root, if there is one. */
  readonly within: string | undefined;
  readonly index: string;
  readonly marker: string;
  readonly blobs: string;
  /** Files being written: upload sessions and blobs. */
  readonly uploads: string;
  readonly lock: string;
}

/**
 * Returns the paths of the parts of the layout in `root`.
 *
 * @param blobs - The directory of the blobs, if it is not in the layout.
 */
export function layoutPaths(
  root: string,
  within?: string,
  blobs: string = join(root, layoutNames.blobs),
): LayoutPaths {
  return {
    root,
    within,
    index: join(root, layoutNames.index),
    marker: join(root, layoutNames.header),
    blobs,
    uploads: join(root, ownNames.uploads),
    lock: join(root, ownNames.lock),
  };
}

/** Identifies a state of a file. Two states with the same stamp are the same state. */
export function stampOf(stats: BigIntStats): string {
  return [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(" ");
}

/** Returns the current stamp of the file at `path`; `undefined` if it does not exist. */
export function stampNow(disk: Disk, path: string): string | undefined {
  const stats = disk.lstatNow(path);
  return stats === undefined ? undefined : stampOf(stats);
}

/** A file of the layout that was read, and is still open. */
export interface ReadFile {
  /** Its content, which is UTF-8, without a byte order mark. */
  readonly bytes: Uint8Array;
  readonly stats: BigIntStats;
  readonly file: OpenFile;
}

/**
 * Reads a whole file of the layout, and leaves it open.
 *
 * @returns `undefined` if nothing is there.
 * @throws `RegistryError` `LAYOUT_INVALID` if it is not a regular file, larger than `maxBytes`, or not UTF-8.
 */
export async function readLayoutFile(
  disk: Disk,
  path: string,
  name: string,
  maxBytes: number,
): Promise<ReadFile | undefined> {
  const opened = await openRegularFile(disk, path, name);
  if (opened === undefined) return undefined;
  const { file, stats } = opened;
  try {
    return { bytes: requireUtf8(await readUpTo(disk, file, name, stats, maxBytes), name), stats, file };
  } catch (error) {
    await closeQuietly(disk, file);
    throw error;
  }
}

/** Returns the error for a damaged or incomplete layout. */
export function damaged(reason: string, cause?: unknown): RegistryError {
  return new RegistryError("LAYOUT_INVALID", reason, cause === undefined ? {} : { cause });
}

/**
 * Returns the content of a file of the layout without a byte order mark, which some editors write before the text.
 *
 * @throws `RegistryError` `LAYOUT_INVALID` if it is not UTF-8.
 */
export function requireUtf8(bytes: Uint8Array, name: string): Uint8Array {
  if (!isUtf8(bytes)) throw damaged(`invalid OCI layout: ${name} is not UTF-8`);
  const isMarked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return isMarked ? bytes.subarray(3) : bytes;
}

/** Whether each character of a text is one byte, because it is ASCII. */
export function isOneByteEach(bytes: Uint8Array): boolean {
  return isAscii(bytes);
}

/** Whether `blobs` contains only directories. Directories alone contain nothing that could be lost. */
export async function isEmptyBlobs(disk: Disk, blobs: string): Promise<boolean> {
  for (const algorithm of await listIfThere(disk, blobs)) {
    if (!algorithm.isDirectory()) return false;
    if ((await listIfThere(disk, join(blobs, algorithm.name))).length > 0) return false;
  }
  return true;
}
