import { dirname } from "node:path";

import { closeQuietly, createFile, removeQuietly } from "./atomic-file.ts";
import type { BigIntStats, Disk, OpenFile } from "./disk.ts";
import { isAbsent, systemCode } from "./disk.ts";
import type { LayoutPaths } from "./layout-files.ts";
import { ownedName } from "./owned-name.ts";

/** How long what was read of the clock is used, in milliseconds. */
const KEPT_MS = 1_000;

/** Why no file can be created: no room, or not by this user, or not at all. */
const REFUSALS: ReadonlySet<string | undefined> = new Set(["ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM"]);

/**
 * The clock by which a layout's files are dated: that of the kernel or of a file server, not that of this process, which may
 * be hours ahead or behind.
 *
 * It is read from a file that is created beside `index.json` and removed at once. What may not write has only the process's
 * own clock: {@link processNow}.
 */
export class FileClock {
  readonly #disk: Disk;
  readonly #paths: LayoutPaths;
  readonly #mayWrite: boolean;
  #read: { readonly nowMs: number; readonly at: number } | undefined;
  #reading: Promise<number> | undefined;

  /** @param settings - With `readOnly` nothing is written, and the process's clock counts. */
  constructor(disk: Disk, paths: LayoutPaths, { readOnly }: { readonly readOnly: boolean }) {
    this.#disk = disk;
    this.#paths = paths;
    this.#mayWrite = !readOnly;
  }

  /** The time, in milliseconds since 1970. */
  async now(): Promise<number> {
    if (!this.#mayWrite) return processNow();
    const passedMs = this.#read === undefined ? Infinity : performance.now() - this.#read.at;
    if (this.#read !== undefined && passedMs < KEPT_MS) return this.#read.nowMs + passedMs;
    return (this.#reading ??= this.#measure().finally(() => (this.#reading = undefined)));
  }

  /** Dates an open file now. A file that is dated later stays so: it never gets older by being renewed. */
  async renew(file: OpenFile): Promise<void> {
    const [nowMs, stats] = [await this.now(), await this.#disk.fstat(file)];
    await this.#disk.touch(file, Math.max(nowMs, writtenMsOf(stats)));
  }

  async #measure(): Promise<number> {
    const nowMs = await this.#look();
    this.#read = { nowMs, at: performance.now() };
    return nowMs;
  }

  async #look(): Promise<number> {
    // A garbage collection knows it for a lock's record that did not become the lock.
    const path = `${this.#paths.lock}.${ownedName()}.tmp`;
    try {
      const file = await createFile(this.#disk, path);
      try {
        return writtenMsOf(await this.#disk.fstat(file));
      } finally {
        await closeQuietly(this.#disk, file);
        await removeQuietly(this.#disk, path);
      }
    } catch (error) {
      if (!isAbsent(error) && !REFUSALS.has(systemCode(error))) throw error;
      // When a name in the directory was last made or removed: then or later. What seems younger than it is stays.
      const directory = this.#disk.statNow(dirname(path));
      return directory === undefined ? processNow() : writtenMsOf(directory);
    }
  }
}

/** The time by the clock of this process: for what is only told, and changes nothing. */
export function processNow(): number {
  return Date.now();
}

/** When a file was written, in milliseconds since 1970. */
export function writtenMsOf({ mtimeNs }: Pick<BigIntStats, "mtimeNs">): number {
  return Number(mtimeNs) / 1e6;
}
