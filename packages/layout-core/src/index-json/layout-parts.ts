import { dirname, join } from "node:path";

import { layoutNames, layoutVersion, RegistryError } from "@ocilayout/oci-types";

import {
  closeQuietly,
  ensureDirectory,
  renameOrRemove,
  temporaryBeside,
  writeNewFile,
} from "../disk/atomic-file.ts";
import type { Disk } from "../disk/disk.ts";
import { systemCode } from "../disk/disk.ts";
import type { LayoutPaths } from "../disk/layout-files.ts";
import { damaged, isEmptyBlobs, readLayoutFile, stampOf, torn } from "../disk/layout-files.ts";
import { notDirectory } from "../disk/own-directory.ts";
import { SMALL_FILE_BYTES } from "../disk/regular-file.ts";
import { syncDirectory } from "../disk/sync-directory.ts";
import { tornWatch } from "../disk/stale-watch.ts";
import { emptyIndex } from "./index-text.ts";
import { isRecord } from "@ocilayout/oci-types/authors";

/**
 * Checks the parts of the layout beside `index.json`. A part may be missing if nothing can have been lost with it: the
 * first write did not complete, or a tool dropped the empty directory of an empty layout.
 *
 * @param entries - The number of entries in the index; `undefined` without an index.
 * @returns Whether the layout is complete. The next write completes one that is not.
 * @throws `RegistryError` `LAYOUT_INVALID` if the layout is damaged or of another version.
 */
export async function checkParts(
  disk: Disk,
  paths: LayoutPaths,
  entries: number | undefined,
): Promise<boolean> {
  const hasMarker = await checkMarker(disk, paths);
  const hasBlobs = hasBlobsDirectory(disk, paths);
  if (entries === undefined) {
    if (disk.statNow(paths.root)?.isDirectory() === false)
      throw damaged("invalid OCI layout: its path is not a directory");
    // A separate directory of blobs may belong to other layouts, and exist before this one.
    const isElsewhere = paths.blobs !== join(paths.root, layoutNames.blobs);
    if (hasBlobs && !isElsewhere && !(await isEmptyBlobs(disk, paths.blobs)))
      throw damaged("incomplete OCI layout: index.json is missing but blobs/ is not empty");
    return false;
  }
  if (!hasMarker) throw damaged("incomplete OCI layout: oci-layout is missing but index.json exists");
  if (!hasBlobs && entries > 0)
    throw damaged("incomplete OCI layout: blobs/ is missing but index.json has entries");
  return hasBlobs;
}

const HEADER = Buffer.from(`{"imageLayoutVersion":"${layoutVersion}"}`);

/** Creates the missing parts of a layout. Each part is complete when it appears. */
export async function completeLayout(disk: Disk, paths: LayoutPaths, durable: boolean): Promise<void> {
  await ensureDirectory(disk, paths.blobs, durable);
  const { root, marker, index } = paths;
  // A layout has this directory even if its blobs are elsewhere.
  if (paths.blobs !== join(root, layoutNames.blobs))
    await ensureDirectory(disk, join(root, layoutNames.blobs), durable);
  if (disk.lstatNow(marker) === undefined) {
    await replaceFile(disk, marker, HEADER, durable);
  }
  if (disk.lstatNow(index) === undefined) await replaceFile(disk, index, emptyIndex, durable);
}

/** Atomically replaces the file `path`. */
async function replaceFile(disk: Disk, path: string, content: Uint8Array, durable: boolean): Promise<void> {
  const temporary = temporaryBeside(path);
  await writeNewFile(disk, temporary, async (file) => {
    await disk.write(file, content);
    if (durable) await disk.sync(file);
  });
  await renameOrRemove(disk, temporary, path);
  if (durable) await syncDirectory(disk, dirname(path));
}

async function checkMarker(disk: Disk, paths: LayoutPaths): Promise<boolean> {
  const marker = await readMarker(disk, paths.marker);
  if (marker === undefined) return false;
  requireVersion(marker);
  return true;
}

/**
 * Fails unless a parsed `oci-layout` has the version that this package supports.
 *
 * @throws `RegistryError` `LAYOUT_INVALID`.
 */
export function requireVersion(marker: unknown): void {
  const version =
    isRecord(marker) && Object.hasOwn(marker, "imageLayoutVersion")
      ? marker["imageLayoutVersion"]
      : undefined;
  if (version === layoutVersion) return;
  const shown = version === undefined ? "missing" : JSON.stringify(version).slice(0, 80);
  throw new RegistryError(
    "LAYOUT_INVALID",
    `unsupported OCI layout: imageLayoutVersion is ${shown}, not "${layoutVersion}"`,
    {
      detail: { imageLayoutVersion: version ?? null },
    },
  );
}

/**
 * Parses `oci-layout`; returns `undefined` if it does not exist. Retries, because some tools rewrite it in place with
 * every image.
 */
async function readMarker(disk: Disk, path: string): Promise<unknown> {
  for (let waited = 0; ; waited += torn.retryMs) {
    const read = await readLayoutFile(disk, path, layoutNames.header, SMALL_FILE_BYTES);
    if (read === undefined) return undefined;
    await closeQuietly(disk, read.file);
    try {
      return JSON.parse(Buffer.from(read.bytes).toString("utf8"));
    } catch (cause) {
      const isDamaged =
        waited >= torn.waitMs || tornWatch.unchangedMs(path, stampOf(read.stats)) >= torn.waitMs;
      if (isDamaged) throw damaged("invalid OCI layout: oci-layout is not valid JSON", cause);
    }
    await new Promise((resolve) => setTimeout(resolve, torn.retryMs));
  }
}

/**
 * Whether the layout has its `blobs` directory, which may be a link to a directory.
 *
 * @throws `RegistryError` `LAYOUT_INVALID` if it is anything else, such as a dangling link.
 */
function hasBlobsDirectory(disk: Disk, { blobs }: LayoutPaths): boolean {
  const found = disk.lstatNow(blobs);
  if (found === undefined) return false;
  if (found.isDirectory() || leadsToDirectory(disk, blobs)) return true;
  throw notDirectory(layoutNames.blobs, false);
}

function leadsToDirectory(disk: Disk, path: string): boolean {
  try {
    return disk.statNow(path)?.isDirectory() === true;
  } catch (error) {
    if (systemCode(error) === "ELOOP") return false;
    throw error;
  }
}
