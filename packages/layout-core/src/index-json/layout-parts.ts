import { dirname, join } from "node:path";

import { layoutNames, layoutVersion, RegistryError } from "@ocilayout/oci-types";

import {
  closeQuietly,
  ensureDirectory,
  renameOrRemove,
  syncDirectory,
  temporaryBeside,
  writeNewFile,
} from "../disk/atomic-file.ts";
import type { Disk } from "../disk/disk.ts";
import { systemCode } from "../disk/disk.ts";
import type { LayoutPaths } from "../disk/layout-files.ts";
import { damaged, isEmptyBlobs, readText, stampOf, torn } from "../disk/layout-files.ts";
import { notDirectory } from "../disk/own-directory.ts";
import { SMALL_FILE_BYTES } from "../disk/regular-file.ts";
import { tornWatch } from "../disk/stale-watch.ts";
import { emptyIndexText } from "./index-text.ts";
import { isRecord } from "@ocilayout/oci-types/authors";

/**
 * Looks at what there is beside `index.json`. Absent parts are fine while nothing could be lost by it: a first
 * write that did not get to its end, or an empty layout whose empty directory some tool dropped.
 *
 * @param entries - How many entries the index has; `undefined` where there is no index.
 * @returns Whether the layout is whole; what is not whole and not damaged is to be completed by the next write.
 * @throws `RegistryError` `LAYOUT_INVALID` where the layout is damaged or of another version.
 */
export async function checkParts(
  disk: Disk,
  paths: LayoutPaths,
  entries: number | undefined,
): Promise<boolean> {
  const hasMarker = await checkMarker(disk, paths);
  const hasBlobs = hasBlobsDirectory(disk, paths);
  if (entries === undefined) {
    if (disk.statNow(paths.root)?.isDirectory() === false) throw damaged("it is not a directory");
    // Blobs that lie elsewhere are other layouts', too, and there before this one.
    const isElsewhere = paths.blobs !== join(paths.root, layoutNames.blobs);
    if (hasBlobs && !isElsewhere && !(await isEmptyBlobs(disk, paths.blobs)))
      throw damaged("it has blobs and no index.json");
    return false;
  }
  if (!hasMarker) throw damaged("it has an index.json and no oci-layout file");
  if (!hasBlobs && entries > 0) throw damaged("its index.json has entries and there is no blobs directory");
  return hasBlobs;
}

/** Creates what a layout is made of and is not there yet, each part whole from its first moment. */
export async function completeLayout(disk: Disk, paths: LayoutPaths, durable: boolean): Promise<void> {
  await ensureDirectory(disk, paths.blobs, durable);
  const { root, marker, index } = paths;
  // A layout has this directory wherever its blobs lie.
  if (paths.blobs !== join(root, layoutNames.blobs))
    await ensureDirectory(disk, join(root, layoutNames.blobs), durable);
  if (disk.lstatNow(marker) === undefined) {
    await replaceFile(disk, marker, `{"imageLayoutVersion":"${layoutVersion}"}`, durable);
  }
  if (disk.lstatNow(index) === undefined) await replaceFile(disk, index, emptyIndexText, durable);
}

/** Puts a whole new file in the place of `path`. */
async function replaceFile(disk: Disk, path: string, text: string, durable: boolean): Promise<void> {
  const temporary = temporaryBeside(path);
  await writeNewFile(disk, temporary, async (file) => {
    await disk.write(file, Buffer.from(text));
    if (durable) await disk.sync(file);
  });
  await renameOrRemove(disk, temporary, path);
  if (durable) await syncDirectory(disk, dirname(path));
}

async function checkMarker(disk: Disk, paths: LayoutPaths): Promise<boolean> {
  const marker = await readMarker(disk, paths.marker);
  if (marker === undefined) return false;
  const version =
    isRecord(marker) && Object.hasOwn(marker, "imageLayoutVersion")
      ? marker["imageLayoutVersion"]
      : undefined;
  if (version === layoutVersion) return true;
  const shown = version === undefined ? "missing" : JSON.stringify(version).slice(0, 80);
  throw new RegistryError("LAYOUT_INVALID", `the layout's version is ${shown}, not "${layoutVersion}"`, {
    detail: { imageLayoutVersion: version ?? null },
  });
}

/** What `oci-layout` says; `undefined` where it is not there. Some tools write it anew, in place, with every image. */
async function readMarker(disk: Disk, path: string): Promise<unknown> {
  for (let waited = 0; ; waited += torn.retryMs) {
    const read = await readText(disk, path, layoutNames.header, SMALL_FILE_BYTES);
    if (read === undefined) return undefined;
    await closeQuietly(disk, read.file);
    try {
      return JSON.parse(read.text);
    } catch (cause) {
      const isDamaged =
        waited >= torn.waitMs || tornWatch.unchangedMs(path, stampOf(read.stats)) >= torn.waitMs;
      if (isDamaged) throw damaged("oci-layout is not JSON", cause);
    }
    await new Promise((resolve) => setTimeout(resolve, torn.retryMs));
  }
}

/**
 * Whether the layout has its `blobs` directory, which may be a link to one.
 *
 * @throws `RegistryError` `LAYOUT_INVALID` if something else is there, also a link that leads nowhere.
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
