import { join } from "node:path";

import { removeQuietly } from "../disk/atomic-file.ts";
import type { Disk } from "../disk/disk.ts";
import { listIfThere } from "../disk/disk.ts";
import type { LayoutPaths } from "../disk/layout-files.ts";
import { ownNames } from "../disk/layout-files.ts";
import { held, readHolder } from "../lock/lock-record.ts";
import { findDirectory, isUnmoved, unlessUnsound } from "../disk/own-directory.ts";
import { judgeName } from "../disk/owned-name.ts";
import type { Liveness } from "../disk/process-identity.ts";
import { judgeHolder, processTable } from "../disk/process-identity.ts";
import { UploadFiles } from "../uploads/upload-files.ts";

/** Settings of {@link clearDebris}. */
export interface DebrisSettings {
  readonly durable: boolean;
  /** How long an upload session lives after its last write, in milliseconds. */
  readonly uploadExpiryMs: number;
}

/**
 * Removes expired upload sessions, and files, locks and claims that dead processes left behind. If it is unknown
 * whether the process is dead, age decides. Files that this package does not make are left alone. To be called under
 * the layout's lock.
 *
 * @param options - `nowMs` is the time by the clock of the file system.
 * @returns How many sessions and files were removed or, for a dry run, would be.
 * @throws `RegistryError` `LAYOUT_INVALID` if `_uploads` is not a directory of this layout.
 */
export async function clearDebris(
  disk: Disk,
  paths: LayoutPaths,
  settings: DebrisSettings,
  { graceMs, dryRun, nowMs }: { readonly graceMs: number; readonly dryRun: boolean; readonly nowMs: number },
): Promise<number> {
  let count = 0;
  for await (const remove of findDebris(disk, paths, settings, { graceMs, nowMs })) {
    if (dryRun || (await remove())) count += 1;
  }
  return count;
}

async function* findDebris(
  disk: Disk,
  paths: LayoutPaths,
  settings: DebrisSettings,
  { graceMs, nowMs }: { readonly graceMs: number; readonly nowMs: number },
): AsyncGenerator<() => Promise<boolean>, void, undefined> {
  const patienceMs = Math.max(graceMs, settings.uploadExpiryMs);
  const isLeft = (path: string, liveness: Liveness | undefined): boolean => {
    if (liveness === "dead") return true;
    // A live process may still need it, but not forever.
    return isWrittenBefore(disk, path, nowMs - patienceMs);
  };
  const remove = async (path: string): Promise<boolean> => {
    await removeQuietly(disk, path);
    return true;
  };
  const uploads = new UploadFiles(disk, paths, settings);
  const endedBeforeMs = nowMs - settings.uploadExpiryMs;
  const directory = findDirectory(disk, paths.uploads, ownNames.uploads);
  for (const entry of directory === undefined ? [] : await listIfThere(disk, directory.path)) {
    const { name } = entry;
    const path = join(paths.uploads, name);
    if (uploads.isSession(name)) {
      if (await isEnded(disk, uploads, name, endedBeforeMs))
        yield () => uploads.removeEnded(name, endedBeforeMs);
    } else if (name.endsWith(".blob") && entry.isFile()) {
      const liveness = judgeName(name);
      if (liveness === undefined || !isLeft(path, liveness)) continue;
      yield async () => directory !== undefined && isUnmoved(disk, directory) && remove(path);
    }
  }
  for (const entry of await listIfThere(disk, paths.root)) {
    const { name } = entry;
    const path = join(paths.root, name);
    if (!entry.isFile()) continue;
    if (OWN_TEMPORARY.test(name)) {
      const liveness = judgeName(name);
      if (liveness !== undefined && isLeft(path, liveness)) yield () => remove(path);
    } else if (CLAIM.test(name) && isLeft(path, await judgeRecord(disk, path))) yield () => remove(path);
  }
}

/** Temporary files for `index.json`, `oci-layout` or the lock. `judgeName` decides whether this package made them. */
const OWN_TEMPORARY = /^\.(?:index\.json|oci-layout)\..*\.tmp$/;
/** A claim on the lock of a dead holder. Never matches the lock itself. */
const CLAIM = /^\.index\.json\.lock\.[0-9a-z-]+\.claim$/;

async function isEnded(
  disk: Disk,
  uploads: UploadFiles,
  id: string,
  endedBeforeMs: number,
): Promise<boolean> {
  const state = await uploads.inspect(id);
  if (state !== undefined && "unsound" in state) return false;
  if (state !== undefined) return state.writtenMs < endedBeforeMs;
  // An incomplete session: its process is still creating it, or died while it created or removed it.
  if ((await judgeRecord(disk, uploads.lockPath(id))) === "dead") return true;
  return isWrittenBefore(disk, uploads.directory(id), endedBeforeMs);
}

/** Whether the writer of the lock record `path` is alive; `undefined` if the record does not identify it. */
async function judgeRecord(disk: Disk, path: string): Promise<Liveness | undefined> {
  const found = await unlessUnsound(() => readHolder(disk, path));
  return found?.holder === undefined ? undefined : judgeHolder(found.holder, processTable(), held);
}

function isWrittenBefore(disk: Disk, path: string, ms: number): boolean {
  const stats = disk.lstatNow(path);
  return stats !== undefined && Number(stats.mtimeMs) < ms;
}
