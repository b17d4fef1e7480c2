import { closeQuietly } from "../disk/atomic-file.ts";
import type { Disk, OpenFile } from "../disk/disk.ts";
import { systemCode } from "../disk/disk.ts";
import type { FileClock } from "../disk/file-clock.ts";
import { openRegularFile } from "../disk/regular-file.ts";

/**
 * Sets the time of an open file to now. Returns false if the file belongs to another user, so that its time cannot be
 * set.
 */
export async function renewFile(clock: FileClock, file: OpenFile): Promise<boolean> {
  try {
    await clock.renew(file);
    return true;
  } catch (error) {
    if (isForbidden(error)) return false;
    throw error;
  }
}

/**
 * {@link renewFile} for a file in `_uploads`.
 *
 * @param durable - Whether the new time must survive a power failure.
 */
export async function renewStaged(
  disk: Disk,
  clock: FileClock,
  path: string,
  durable: boolean,
): Promise<boolean> {
  try {
    // Only Windows needs write access to change the time of a file.
    const opened = await openRegularFile(
      disk,
      path,
      "a file in _uploads",
      process.platform === "win32" ? "write" : "read",
    );
    if (opened === undefined)
      throw Object.assign(new Error("ENOENT: the staged file is gone"), { code: "ENOENT", syscall: "open" });
    try {
      const isRenewed = await renewFile(clock, opened.file);
      if (durable) await disk.sync(opened.file);
      return isRenewed;
    } finally {
      await closeQuietly(disk, opened.file);
    }
  } catch (error) {
    if (isForbidden(error)) return false;
    throw error;
  }
}

function isForbidden(error: unknown): boolean {
  return systemCode(error) === "EPERM" || systemCode(error) === "EACCES";
}
