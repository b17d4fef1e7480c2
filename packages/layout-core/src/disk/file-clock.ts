import { dirname } from "node:path";

import { closeQuietly, createFile, removeQuietly } from "./atomic-file.ts";
import type { BigIntStats, Disk, OpenFile } from "./disk.ts";
import { isAbsent, systemCode } from "./disk.ts";
import type { LayoutPaths } from "./layout-files.ts";
import { ownedName } from "./owned-name.ts";

/** How long a reading of the clock is used, in milliseconds. */
const KEPT_MS = 1_000;

/** Why a file cannot be created: no space, or no permission. */
const REFUSALS: ReadonlySet<string | undefined> = new Set(["ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM"]);

/**
 * The clock that dates a layout's files: that of the kernel or of a file server. The clock of this process may be hours
 * ahead or behind.
 *
 * It is read from a file that is created beside `index.json` and removed at once. A read-only layout uses the clock of
 * the process instead: {@link processNow}.
 */
export class FileClock {
  readonly #disk: Disk;
  readonly #paths: LayoutPaths;
  readonly #mayWrite: boolean;
  #read: { readonly nowMs: number; readonly at: number } | undefined;
  #reading: Promise<number> | undefined;

  /** @param settings - With `readOnly`, nothing is written, and the clock of the process is used. */
  constructor(disk: Disk, paths: LayoutPaths, { readOnly }: { readonly readOnly: boolean }) {
    this.#disk = disk;
    this.#paths = paths;
    this.#mayWrite = !readOnly;
  }

  /** Returns the time in milliseconds since 1970. */
  async now(): Promise<number> {
    if (!this.#mayWrite) return processNow();
    const passedMs = this.#read === undefined ? Infinity : performance.now() - this.#read.at;
    if (this.#read !== undefined && passedMs < KEPT_MS) return this.#read.nowMs + passedMs;
    return (this.#reading ??= this.#measure().finally(() => (this.#reading = undefined)));
  }

  /**
   * Sets the time of an open file to now. A file with a later time keeps it, so that a renewal never makes a file
   * older.
   */
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
    // A garbage collection removes it as a lock record that did not become the lock.
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
      // The time of the last change of the directory is now or earlier, so files at most look younger and stay.
      const directory = this.#disk.statNow(dirname(path));
      return directory === undefined ? processNow() : writtenMsOf(directory);
    }
  }
}

/** Returns the time by the clock of this process, for uses that change nothing. */
export function processNow(): number {
  return Date.now();
}

/** Returns the time when a file was written, in milliseconds since 1970. */
export function writtenMsOf({ mtimeNs }: Pick<BigIntStats, "mtimeNs">): number {
  return Number(mtimeNs) / 1e6;
}
