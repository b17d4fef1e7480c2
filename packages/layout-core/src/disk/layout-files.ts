import { join } from "node:path";

import { layoutNames, RegistryError } from "@ocilayout/oci-types";

import { closeQuietly } from "./atomic-file.ts";
import type { BigIntStats, Disk, OpenFile } from "./disk.ts";
import { listIfThere } from "./disk.ts";
import { openRegularFile, readUpTo } from "./regular-file.ts";

/**
 * A text that cannot be parsed may be one that another program is just writing in place: for how long it is tried again, and how
 * often, in milliseconds. Only tests change it.
 */
export const torn: { waitMs: number; readonly retryMs: number } = { waitMs: 1_000, retryMs: 20 };

/** The names that this package adds to a layout's directory. No repository below it can have them. */
export const ownNames = {
  /** The directory of upload sessions and of blobs that are being written. */
  uploads: "_uploads",
  /** The writer's lock. The files that are about to become it begin with this name. */
  lock: ".index.json.lock",
} as const;

/** Where the parts of a layout are. */
export interface LayoutPaths {
  readonly root: string;
  /** The directory of layouts that the root lies in, if there is one. */
  readonly within: string | undefined;
  readonly index: string;
  readonly marker: string;
  readonly blobs: string;
  /** Files being written: upload sessions and blobs. */
  readonly uploads: string;
  readonly lock: string;
}

/**
 * Where the parts of the layout in `root` are.
 *
 * @param blobs - The directory of the blobs, if they do not lie in the layout.
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

/** What tells one state of a file from another. Two states with the same stamp are the same state. */
export function stampOf(stats: BigIntStats): string {
  return [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(" ");
}

/** The stamp of the file that is at `path` now; `undefined` where there is none. */
export function stampNow(disk: Disk, path: string): string | undefined {
  const stats = disk.lstatNow(path);
  return stats === undefined ? undefined : stampOf(stats);
}

/**
 * Reads a whole file of the layout as UTF-8, without a byte order mark, and leaves it open.
 *
 * @returns `undefined` if nothing is there.
 * @throws `RegistryError` `LAYOUT_INVALID` if it is not a regular file, larger than `maxBytes`, or not UTF-8.
 */
export async function readText(
  disk: Disk,
  path: string,
  name: string,
  maxBytes: number,
): Promise<{ text: string; stats: BigIntStats; file: OpenFile } | undefined> {
  const opened = await openRegularFile(disk, path, name);
  if (opened === undefined) return undefined;
  const { file, stats } = opened;
  try {
    return { text: decode(await readUpTo(disk, file, name, stats, maxBytes), name), stats, file };
  } catch (error) {
    await closeQuietly(disk, file);
    throw error;
  }
}

/** The error for a layout that is not one, or not whole. */
export function damaged(reason: string, cause?: unknown): RegistryError {
  return new RegistryError(
    "LAYOUT_INVALID",
    `this is not a whole layout: ${reason}`,
    cause === undefined ? {} : { cause },
  );
}

/** A byte order mark, as some editors write one, is skipped. */
const utf8 = new TextDecoder("utf-8", { fatal: true });

function decode(bytes: Uint8Array, name: string): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw damaged(`${name} is not UTF-8`, cause);
  }
}

/** Whether there is no file below `blobs`: directories alone hold nothing that could be lost. */
export async function isEmptyBlobs(disk: Disk, blobs: string): Promise<boolean> {
  for (const algorithm of await listIfThere(disk, blobs)) {
    if (!algorithm.isDirectory()) return false;
    if ((await listIfThere(disk, join(blobs, algorithm.name))).length > 0) return false;
  }
  return true;
}
