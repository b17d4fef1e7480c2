import { join, relative, sep } from "node:path";

import { layoutNames, RegistryError } from "@ocilayout/oci-types";

import type { Disk } from "./disk.ts";
import type { LayoutPaths } from "./layout-files.ts";

/** What is on the way to a directory and is not itself a directory. */
export interface Obstacle {
  /** Its path below the directory where the way begins, with slashes. */
  readonly name: string;
  /** Whether it is a symbolic link; else it is a file, a pipe or a device. */
  readonly isLink: boolean;
}

/** The first obstacle on the way from `base` to `directory`, which lies below it. Nothing beyond a link is looked at. */
export function obstacleOn(disk: Disk, base: string, directory: string): Obstacle | undefined {
  let path = base;
  for (const component of relative(base, directory).split(sep)) {
    path = join(path, component);
    const stats = disk.lstatNow(path);
    if (stats === undefined) return undefined;
    if (!stats.isDirectory())
      return { name: relative(base, path).replaceAll(sep, "/"), isLink: stats.isSymbolicLink() };
  }
  return undefined;
}

/**
 * Fails unless the way to a layout leads through directories only, and not through another layout's root. What is missing
 * is no obstacle.
 *
 * Node has no `openat`: a process with the same rights can swap a directory for a link after this look. So every call looks
 * at its beginning and under the lock again.
 *
 * @throws `RegistryError` `LAYOUT_INVALID`.
 */
export function requireWay(disk: Disk, { root, within }: LayoutPaths): void {
  if (within === undefined) return;
  if (isLayout(disk, within)) {
    throw new RegistryError(
      "LAYOUT_INVALID",
      "the directory of layouts is itself a layout, so no repository can be in it",
    );
  }
  if (disk.statNow(within)?.isDirectory() === false)
    throw new RegistryError("LAYOUT_INVALID", "the directory of layouts is not a directory");
  const obstacle = obstacleOn(disk, within, root);
  if (obstacle === undefined) return;
  const what = obstacle.isLink ? "a link, and links to repositories are not followed" : "not a directory";
  throw new RegistryError("LAYOUT_INVALID", `${obstacle.name} is ${what}`);
}

/** Whether `directory` is itself a layout, also one that lost its `oci-layout`. */
function isLayout(disk: Disk, directory: string): boolean {
  const has = (name: string): boolean => disk.lstatNow(join(directory, name)) !== undefined;
  return has(layoutNames.header) || (has(layoutNames.index) && has(layoutNames.blobs));
}

/** Fails if a layout cannot be opened: it does not lie where it should, or is to be read and does not exist. */
export function requireOpenable(
  disk: Disk,
  root: string,
  { within, readOnly }: { within: string | undefined; readOnly: boolean },
): void {
  if (within !== undefined && !root.startsWith(within.endsWith(sep) ? within : within + sep)) {
    throw new RangeError("the directory must lie below the one that the option within names");
  }
  if (!readOnly) return;
  const stats = disk.statNow(within ?? root);
  const reason =
    stats === undefined ? "does not exist" : stats.isDirectory() ? undefined : "is not a directory";
  if (reason !== undefined)
    throw new RegistryError("LAYOUT_INVALID", `cannot open a layout for reading: the directory ${reason}`);
}
