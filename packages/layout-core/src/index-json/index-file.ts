import { layoutNames, RegistryError } from "@ocilayout/oci-types";

import { closeQuietly, removeQuietly, temporaryBeside } from "../disk/atomic-file.ts";
import type { Disk, HeldFile, OpenFile } from "../disk/disk.ts";
import { closeWithOwner } from "../disk/disk.ts";
import { afterCommit } from "../disk/committed.ts";
import type { LayoutPaths } from "../disk/layout-files.ts";
import { readLayoutFile, stampNow, stampOf, torn } from "../disk/layout-files.ts";
import type { HeldLock } from "../lock/lock.ts";
import type { Reserve } from "../lock/reserve.ts";
import { changeNames, syncDirectory, syncInDoubt } from "../disk/sync-directory.ts";
import { tornWatch } from "../disk/stale-watch.ts";

/**
 * How recent a change may be for its time stamp to be unreliable, in milliseconds. File systems have coarse clocks: a
 * file changed in place soon after it was read may keep its times.
 */
const COARSE_CLOCK_MS = 50;
/** The same for a file that is not held open, whose inode another file may get. */
const REUSED_INODE_MS = 2_000;

/** The size limit of `index.json`, in bytes. */
const MAX_INDEX_BYTES = 256 * 1024 * 1024;

/** `index.json` as it was read, still open. */
export interface IndexFileState {
  readonly bytes: Uint8Array;
  readonly stamp: string;
  readonly file: OpenFile;
  /** Whether an unchanged stamp will guarantee unchanged content. */
  readonly settled: boolean;
}

/** The result of replacing the index: the new stamp, or why nothing was changed. */
export type ReplaceOutcome = { readonly stamp: string | undefined } | "changed by another" | "lock lost";

/** The parameters of {@link IndexFile.replace}. */
export interface Replacement {
  readonly bytes: Uint8Array;
  /** The stamp of the file that the change is based on. */
  readonly base: string | undefined;
  readonly lock: HeldLock;
  readonly durable: boolean;
  /** Called synchronously at the commit point. */
  readonly onCommit: () => void;
}

/**
 * The file `index.json`: reads it, detects changes, and replaces it.
 *
 * The current file is kept open, so that no other file can get its inode. Then the same stamp means the same file.
 */
export class IndexFile {
  readonly #disk: Disk;
  readonly #paths: LayoutPaths;
  readonly #reserve: Reserve;
  readonly #held: HeldFile = { file: undefined };
  /** Closes the file before the current one. */
  #closing: Promise<void> = Promise.resolve();
  /** Whether the current file is kept open. Windows cannot replace a file that is open. */
  #holds: boolean = process.platform !== "win32";

  constructor(disk: Disk, paths: LayoutPaths, reserve: Reserve) {
    this.#disk = disk;
    this.#paths = paths;
    this.#reserve = reserve;
    closeWithOwner(this, this.#held);
  }

  /** Whether the current file has this stamp. `undefined` means that no file exists. */
  isNow(stamp: string | undefined): boolean {
    return stamp === stampNow(this.#disk, this.#paths.index);
  }

  /** Reads the file; returns `undefined` if it does not exist. */
  async read(): Promise<IndexFileState | undefined> {
    const now = Date.now();
    const read = await readLayoutFile(this.#disk, this.#paths.index, layoutNames.index, MAX_INDEX_BYTES);
    if (read === undefined) return undefined;
    const { bytes, stats, file } = read;
    const uncertainMs = this.#holds ? COARSE_CLOCK_MS : REUSED_INODE_MS;
    const ageMs = now - Number(stats.ctimeMs);
    return { bytes, file, stamp: stampOf(stats), settled: ageMs > uncertainMs };
  }

  /** Waits until a file that cannot be parsed changes. Returns false if it stays unchanged for `torn.waitMs`. */
  async changesSoon(stamp: string): Promise<boolean> {
    while (this.isNow(stamp)) {
      if (tornWatch.unchangedMs(this.#paths.index, stamp) >= torn.waitMs) return false;
      await new Promise((resolve) => setTimeout(resolve, torn.retryMs));
    }
    return true;
  }

  /**
   * Keeps `file` open as the current file, and closes the one before. That one was replaced, and freeing its space takes
   * time, so only the next change waits for it.
   */
  async keep(file: OpenFile | undefined): Promise<void> {
    const before = this.#held.file;
    this.#held.file = this.#holds ? file : undefined;
    if (!this.#holds && file !== undefined) await closeQuietly(this.#disk, file);
    const earlier = this.#closing;
    if (before !== undefined)
      this.#closing = Promise.all([earlier, closeQuietly(this.#disk, before)]).then(() => undefined);
    await earlier;
  }

  /** Closes the current file. Calls in progress may still read and replace it, but it is not kept open any more. */
  async close(): Promise<void> {
    this.#holds = false;
    await this.keep(undefined);
    await this.#closing;
  }

  /** Closes a file that was read but is not kept. */
  async discard(state: IndexFileState | undefined): Promise<void> {
    if (state !== undefined) await closeQuietly(this.#disk, state.file);
  }

  /**
   * Replaces the file if it still is the base and the lock is still held. The rename is the commit point. The `detail`
   * of an error after it shows that.
   */
  async replace(replacement: Replacement): Promise<ReplaceOutcome> {
    const { bytes, base, lock, durable, onCommit } = replacement;
    const disk = this.#disk;
    const { index, root } = this.#paths;
    const temporary = temporaryBeside(index);
    const file = await this.#reserve.create(temporary, "index", async (created, isReserve) => {
      await disk.write(created, bytes, 0);
      // Truncated only now, because the file's reserved space is what the index needs.
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
      await changeNames(disk, root, durable, () => disk.rename(temporary, index));
    } catch (error) {
      await this.#remove(temporary, file);
      throw error;
    }
    onCommit();
    const stamp = await this.#stampAfterRename(file);
    await this.keep(file);
    if (durable) await afterCommit("index.json was changed", () => syncDirectory(disk, root));
    const isOurs = await afterCommit("index.json was changed", async () => lock.isOurs());
    if (isOurs) return { stamp };
    throw new RegistryError(
      "STORAGE_FAILED",
      "index.json was changed, but another process took over the lock meanwhile, and may overwrite the change",
      {
        detail: { committed: "unknown" },
      },
    );
  }

  /** Makes the index durable, if its last change may not be. */
  async syncInDoubt(): Promise<void> {
    await syncInDoubt(this.#disk, this.#paths.root);
  }

  /** Returns the stamp after a rename, which changes the times. Without a stamp the file is read again. */
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
