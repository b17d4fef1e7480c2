import { join } from "node:path";

import {
  closeQuietly,
  createFile,
  removeQuietly,
  renameOrRemove,
  writeNewFile,
} from "../disk/atomic-file.ts";
import type { Disk, OpenFile } from "../disk/disk.ts";
import { isAbsent, systemCode } from "../disk/disk.ts";
import type { LayoutPaths } from "../disk/layout-files.ts";
import { ownedName } from "../disk/owned-name.ts";
import { openRegularFile } from "../disk/regular-file.ts";

/** The use of a reserve file: the next `index.json`, with space for its text, or the record of a lock. */
export type ReservePurpose = "index" | "lock";

/** Writes the content of a file. `isReserve` is true if the file already has a size. */
type Fill = (file: OpenFile, isReserve: boolean) => Promise<void>;

/** The bounds of the space reserved for an index, in bytes. */
const INDEX_BYTES = { least: 64 * 1024, most: 1024 * 1024 } as const;
/**
 * A lock takes two files: its record and, on file systems that count links, the link. The claim on a dead holder's lock
 * takes two more.
 */
const FIRST_LOCK = "reserve-lock-1";
const LOCKS: readonly string[] = [
  FIRST_LOCK,
  ...Array.from({ length: 5 }, (_, i) => `reserve-lock-${i + 2}`),
];
const LOCK_BYTES = 1024;
const INDEX = "reserve-index";

/** Whether `name`, in `_uploads`, is a reserve file. */
export function isReserve(name: string): boolean {
  return name === INDEX || LOCKS.includes(name);
}

/** Whether `error` means that the file system or a quota has no room for another file or byte. */
export function isFull(error: unknown): boolean {
  return systemCode(error) === "ENOSPC" || systemCode(error) === "EDQUOT";
}

/**
 * A few files without content in `_uploads`, for use on a full file system. One of them is renamed into use, so that an
 * operation that frees space can still run. A rename needs no space, and succeeds for only one process.
 */
export class Reserve {
  readonly #disk: Disk;
  readonly #paths: LayoutPaths;

  constructor(disk: Disk, paths: LayoutPaths) {
    this.#disk = disk;
    this.#paths = paths;
  }

  /**
   * Creates the file `path`, which must not exist, and leaves it open for reading and writing. On a full file system it
   * uses a reserve file.
   *
   * @param fill - Writes the file. If it fails for lack of space, it is called again with a reserve file. That file
   * already has a size, and `fill` must set the right one.
   */
  async create(path: string, purpose: ReservePurpose, fill: Fill): Promise<OpenFile> {
    try {
      return await this.#filled(path, await createFile(this.#disk, path), (file) => fill(file, false));
    } catch (error) {
      if (!isFull(error)) throw error;
      const file = await this.#take(path, purpose);
      if (file === undefined) throw error;
      return this.#filled(path, file, (taken) => fill(taken, true));
    }
  }

  /**
   * Runs an operation that creates a file or a name. If the file system is full, removes one reserve file after the
   * other, and runs the operation again each time: some file systems count links as files.
   */
  async makeRoomFor<Result>(run: () => Promise<Result>): Promise<Result> {
    try {
      return await run();
    } catch (error) {
      if (!isFull(error) || !(await this.#release())) throw error;
    }
    return this.makeRoomFor(run);
  }

  async #release(): Promise<boolean> {
    if (!this.#isUsable()) return false;
    for (const name of [...LOCKS, INDEX]) {
      try {
        await this.#disk.unlink(this.#path(name));
        return true;
      } catch (error) {
        if (!isAbsent(error)) throw error;
      }
    }
    return false;
  }

  /**
   * Creates missing reserve files, and enlarges the one for the index if needed. Failures are left for the next call.
   *
   * @param look - `"first"` takes the first of the locks for all: it is taken first and made last. That is not certain
   * when processes make and take them at the same time, or after a power failure.
   */
  async replenish(indexBytes: number, look: "first" | "all"): Promise<void> {
    let size: number = INDEX_BYTES.least;
    while (size < indexBytes && size < INDEX_BYTES.most) size *= 2;
    try {
      const index = this.#disk.lstatNow(this.#path(INDEX));
      const isLarge = index !== undefined && index.size >= BigInt(size);
      if ((look === "first" && isLarge && this.#has(FIRST_LOCK)) || !this.#isUsable()) return;
      if (!isLarge) await this.#makeIndex(size, indexBytes);
      for (const name of LOCKS.toReversed()) if (!this.#has(name)) await this.#make(name, LOCK_BYTES);
    } catch {
      // No space yet, or no permission. Without a reserve everything works while there is space.
    }
  }

  async #filled(path: string, file: OpenFile, fill: (file: OpenFile) => Promise<void>): Promise<OpenFile> {
    try {
      await fill(file);
      return file;
    } catch (error) {
      await closeQuietly(this.#disk, file);
      await removeQuietly(this.#disk, path);
      throw error;
    }
  }

  /** Renames a reserve file to `path` and opens it. Prefers one of the given purpose. */
  async #take(path: string, purpose: ReservePurpose): Promise<OpenFile | undefined> {
    if (!this.#isUsable()) return undefined;
    for (const name of purpose === "index" ? [INDEX, ...LOCKS] : [...LOCKS, INDEX]) {
      try {
        await this.#disk.rename(this.#path(name), path);
      } catch (error) {
        if (isAbsent(error)) continue;
        throw error;
      }
      const file = await this.#openTaken(path);
      if (file !== undefined) return file;
    }
    return undefined;
  }

  /** Opens a file that was taken. A file with a second hard link is not written to, nor is anything but a file. */
  async #openTaken(path: string): Promise<OpenFile | undefined> {
    try {
      const opened = await openRegularFile(this.#disk, path, "a file of the reserve", "write");
      if (opened?.stats.nlink === 1n) return opened.file;
      if (opened !== undefined) await closeQuietly(this.#disk, opened.file);
    } catch {
      // Another user's file, or a link: it cannot be used, and is removed below.
    }
    await removeQuietly(this.#disk, path);
    return undefined;
  }

  /**
   * Creates the reserve file for the index: of `size` bytes or, on a full file system, of as many as the index needs
   * now.
   */
  async #makeIndex(size: number, least: number): Promise<void> {
    try {
      await this.#make(INDEX, size);
    } catch (error) {
      if (!isFull(error) || size / 2 < least) throw error;
      await this.#makeIndex(size / 2, least);
    }
  }

  async #make(name: string, size: number): Promise<void> {
    const temporary = join(this.#paths.uploads, `${ownedName()}.blob`);
    await writeNewFile(this.#disk, temporary, async (file) => {
      await this.#disk.write(file, new Uint8Array(size));
    });
    await renameOrRemove(this.#disk, temporary, this.#path(name));
  }

  #has(name: string): boolean {
    return this.#disk.lstatNow(this.#path(name)) !== undefined;
  }

  /** Whether `_uploads` exists as a directory. It is not created for the reserve alone. */
  #isUsable(): boolean {
    return this.#disk.lstatNow(this.#paths.uploads)?.isDirectory() === true;
  }

  #path(name: string): string {
    return join(this.#paths.uploads, name);
  }
}
