import { layoutNames, RegistryError } from "@ocilayout/oci-types";

import { closeQuietly, removeQuietly, syncDirectory, temporaryBeside } from "../disk/atomic-file.ts";
import type { Disk, HeldFile, OpenFile } from "../disk/disk.ts";
import { closeWithOwner } from "../disk/disk.ts";
import { afterCommit } from "../disk/committed.ts";
import type { LayoutPaths } from "../disk/layout-files.ts";
import { readText, stampNow, stampOf, torn } from "../disk/layout-files.ts";
import type { HeldLock } from "../lock/lock.ts";
import type { Reserve } from "../lock/reserve.ts";
import { tornWatch } from "../disk/stale-watch.ts";

/**
 * A file that was changed less than so many milliseconds before it was read may be changed again, in place, without
 * its times showing it: the clock of a file system is coarse.
 */
const COARSE_CLOCK_MS = 50;
/** The same where the file is not held open, so that another file may come to have its inode. */
const REUSED_INODE_MS = 2_000;

/** The largest `index.json` that is read, in bytes. */
const MAX_INDEX_BYTES = 256 * 1024 * 1024;

/** `index.json` as it was read, and still open. */
export interface IndexFileState {
  readonly text: string;
  readonly stamp: string;
  readonly file: OpenFile;
  /** Whether an unchanged stamp will mean an unchanged file. */
  readonly settled: boolean;
}

/** What came of putting another file in the place of the index: the new one's stamp, or why nothing was changed. */
export type ReplaceOutcome = { readonly stamp: string | undefined } | "changed by another" | "lock lost";

/** What {@link IndexFile.replace} needs. */
export interface Replacement {
  readonly text: string;
  /** The stamp of the file that the change was made from. */
  readonly base: string | undefined;
  readonly lock: HeldLock;
  readonly durable: boolean;
  /** Called at the commit point, at once. */
  readonly onCommit: () => void;
}

/**
 * The file `index.json`: reading it, noticing that it changed, putting another in its place.
 *
 * The file that counts is kept open, so that no other can have its inode: the same stamp is the same file.
 */
export class IndexFile {
  readonly #disk: Disk;
  readonly #paths: LayoutPaths;
  readonly #reserve: Reserve;
  readonly #held: HeldFile = { file: undefined };

  constructor(disk: Disk, paths: LayoutPaths, reserve: Reserve) {
    this.#disk = disk;
    this.#paths = paths;
    this.#reserve = reserve;
    closeWithOwner(this, this.#held);
  }

  /** Whether the file there is now has this stamp; `undefined` is that of none. */
  isNow(stamp: string | undefined): boolean {
    return stamp === stampNow(this.#disk, this.#paths.index);
  }

  /** Reads the file; `undefined` where there is none. */
  async read(): Promise<IndexFileState | undefined> {
    const now = Date.now();
    const read = await readText(this.#disk, this.#paths.index, layoutNames.index, MAX_INDEX_BYTES);
    if (read === undefined) return undefined;
    const { text, stats, file } = read;
    const uncertainMs = canHold ? COARSE_CLOCK_MS : REUSED_INODE_MS;
    const ageMs = now - Number(stats.ctimeMs);
    return { text, file, stamp: stampOf(stats), settled: ageMs > uncertainMs };
  }

  /** Waits for a change of a file that cannot be parsed. False if it stayed as it is for `torn.waitMs`, or longer. */
  async changesSoon(stamp: string): Promise<boolean> {
    while (this.isNow(stamp)) {
      if (tornWatch.unchangedMs(this.#paths.index, stamp) >= torn.waitMs) return false;
      await new Promise((resolve) => setTimeout(resolve, torn.retryMs));
    }
    return true;
  }

  /** Keeps `file` open instead of the one before: it is the one that counts. */
  async keep(file: OpenFile | undefined): Promise<void> {
    const before = this.#held.file;
    this.#held.file = canHold ? file : undefined;
    if (before !== undefined) await closeQuietly(this.#disk, before);
    if (!canHold && file !== undefined) await closeQuietly(this.#disk, file);
  }

  /** Closes a file that was read and is not to count. */
  async discard(state: IndexFileState | undefined): Promise<void> {
    if (state !== undefined) await closeQuietly(this.#disk, state.file);
  }

  /**
   * Puts another file in the place of this one, unless it is not the base any more or the lock is no longer ours. The
   * rename is the commit point: an error after it says so in `detail`.
   */
  async replace(replacement: Replacement): Promise<ReplaceOutcome> {
    const { text, base, lock, durable, onCommit } = replacement;
    const disk = this.#disk;
    const { index, root } = this.#paths;
    const temporary = temporaryBeside(index);
    const bytes = Buffer.from(text);
    const file = await this.#reserve.create(temporary, "index", async (created, isReserve) => {
      await disk.write(created, bytes, 0);
      // Not before: what it has of the disk is what the text needs.
      if (isReserve) await disk.truncate(created, bytes.length);
      const mode = disk.lstatNow(index)?.mode;
      if (mode !== undefined && mode !== disk.lstatNow(temporary)?.mode)
        await disk.chmod(created, Number(mode) & 0o7777);
      if (durable) await disk.sync(created);
    });
    try {
      const obstacle = !lock.isOurs() ? "lock lost" : !this.isNow(base) ? "changed by another" : undefined;
      if (obstacle !== undefined) {
        await this.#remove(temporary, file);
        return obstacle;
      }
      await disk.rename(temporary, index);
    } catch (error) {
      await this.#remove(temporary, file);
      throw error;
    }
    onCommit();
    const stamp = await this.#stampAfterRename(file);
    await this.keep(file);
    if (durable) await afterCommit("the index was changed", () => syncDirectory(disk, root));
    const isOurs = await afterCommit("the index was changed", async () => lock.isOurs());
    if (isOurs) return { stamp };
    throw new RegistryError(
      "STORAGE_FAILED",
      "the lock was lost while the index was changed: another writer may not have seen it",
      {
        detail: { committed: "unknown" },
      },
    );
  }

  /** A rename changes the times. What has no stamp is read again. */
  async #stampAfterRename(file: OpenFile): Promise<string | undefined> {
    try {
      return stampOf(await this.#disk.fstat(file));
    } catch {
      return undefined;
    }
  }

  async #remove(temporary: string, file: OpenFile): Promise<void> {
    await closeQuietly(this.#disk, file);
    await removeQuietly(this.#disk, temporary);
  }
}

/** Windows does not let a file be replaced that is open. */
const canHold = process.platform !== "win32";
