import { join, relative, sep } from "node:path";

import { layoutNames, RegistryError } from "@ocilayout/oci-types";

import type { Disk } from "./disk.ts";
import type { LayoutPaths } from "./layout-files.ts";

/** The first component of a path that is not a directory. */
export interface Obstacle {
  /** Its path relative to the start of the search, with slashes. */
  readonly name: string;
  /** True for a symbolic link; false for a file, a pipe or a device. */
  readonly isLink: boolean;
}

/**
 * Returns the first obstacle on the path from `base` to `directory`, which is below `base`. Does not look behind a
 * link.
 */
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
 * Fails unless the path to a layout consists of directories, and does not lead through the root of another layout. A
 * missing component is not an obstacle.
 *
 * Node has no `openat`, so a process with the same rights can replace a directory with a link after this check. Every
 * call therefore checks at its start, and again under the lock.
 *
 * @throws `RegistryError` `LAYOUT_INVALID`.
 */
export function requireWay(disk: Disk, { root, within }: LayoutPaths): void {
  if (within === undefined) return;
  if (isLayout(disk, within)) {
    throw new RegistryError(
      "LAYOUT_INVALID",
      "the directory of layouts is itself a layout, so it cannot contain repositories",
    );
  }
  if (disk.statNow(within)?.isDirectory() === false)
    throw new RegistryError("LAYOUT_INVALID", "the directory of layouts is not a directory");
  const obstacle = obstacleOn(disk, within, root);
  if (obstacle === undefined) return;
  const what = obstacle.isLink ? "a link, and links to repositories are not followed" : "not a directory";
  throw new RegistryError("LAYOUT_INVALID", `${obstacle.name} is ${what}`);
}

/** Whether `directory` is itself a layout, even one without its `oci-layout`. */
function isLayout(disk: Disk, directory: string): boolean {
  const has = (name: string): boolean => disk.lstatNow(join(directory, name)) !== undefined;
  return has(layoutNames.header) || (has(layoutNames.index) && has(layoutNames.blobs));
}

/** Fails if a layout cannot be opened: it is not below `within`, or it is read-only and does not exist. */
export function requireOpenable(
  disk: Disk,
  root: string,
  { within, readOnly }: { within: string | undefined; readOnly: boolean },
): void {
  if (within !== undefined && !root.startsWith(within.endsWith(sep) ? within : within + sep)) {
    throw new RangeError("the directory must be below the directory of the option within");
  }
  if (!readOnly) return;
  const stats = disk.statNow(within ?? root);
  const reason =
    stats === undefined ? "does not exist" : stats.isDirectory() ? undefined : "is not a directory";
  if (reason !== undefined)
    throw new RegistryError("LAYOUT_INVALID", `cannot open the layout read-only: the directory ${reason}`);
}
