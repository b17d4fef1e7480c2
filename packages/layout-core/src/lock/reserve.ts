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

/** What a file of the reserve is for: the next `index.json`, with space for its text, or the record of a lock. */
export type ReservePurpose = "index" | "lock";

/** Writes a file; `isReserve` where that has a size already. */
type Fill = (file: OpenFile, isReserve: boolean) => Promise<void>;

/** The least and the most that the reserve keeps for an index, in bytes. */
const INDEX_BYTES = { least: 64 * 1024, most: 1024 * 1024 } as const;
/** A lock takes two: its record and, where names count, the link. One that a killed process left takes two more, for the claim. */
const LOCKS: readonly string[] = Array.from({ length: 6 }, (_, i) => `reserve-lock-${i + 1}`);
const LOCK_BYTES = 1024;
const INDEX = "reserve-index";

/** Whether `name`, in `_uploads`, is a file of the reserve. */
export function isReserve(name: string): boolean {
  return name === INDEX || LOCKS.includes(name);
}

/** Whether `error` says that the file system, or a quota, has no room for another file or byte. */
export function isFull(error: unknown): boolean {
  return systemCode(error) === "ENOSPC" || systemCode(error) === "EDQUOT";
}

/**
 * A few files in `_uploads` that hold nothing: where the file system has room for no other file, one of them is renamed
 * into use, so that what makes room can still run. A rename succeeds for one process only, and needs no room.
 */
export class Reserve {
  readonly #disk: Disk;
  readonly #paths: LayoutPaths;

  constructor(disk: Disk, paths: LayoutPaths) {
    this.#disk = disk;
    this.#paths = paths;
  }

  /**
   * Creates the file `path`, which must not exist, and leaves it open for reading and writing; from the reserve if there is
   * room for no other.
   *
   * @param fill - Writes the file. Where it finds no room for that, it is called again with a file of the reserve, which
   * has a size already and must get the right one.
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
   * Runs what makes a file or a name and, if there is no room for it, runs it again after each file of the reserve that is
   * removed: some file systems count the links of a file like files.
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

  /** Makes the files that are missing, and the one for the index large enough. Whatever fails is left for the next time. */
  async replenish(indexBytes: number): Promise<void> {
    let size: number = INDEX_BYTES.least;
    while (size < indexBytes && size < INDEX_BYTES.most) size *= 2;
    try {
      if (!this.#isUsable()) return;
      const index = this.#disk.lstatNow(this.#path(INDEX));
      if (index === undefined || index.size < BigInt(size)) await this.#makeIndex(size, indexBytes);
      for (const name of LOCKS)
        if (this.#disk.lstatNow(this.#path(name)) === undefined) await this.#make(name, LOCK_BYTES);
    } catch {
      // There is no room yet, or no permission: without a reserve all goes on as long as there is room.
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

  /** Renames a file of the reserve to `path` and opens it: one for the purpose, else any. */
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

  /** Opens a file that was taken; what is no file, or has another name somewhere else, is not ours to write to. */
  async #openTaken(path: string): Promise<OpenFile | undefined> {
    try {
      const opened = await openRegularFile(this.#disk, path, "a file of the reserve", "write");
      if (opened?.stats.nlink === 1n) return opened.file;
      if (opened !== undefined) await closeQuietly(this.#disk, opened.file);
    } catch {
      // Another user's, or a link: it is of no use, and out of the way below.
    }
    await removeQuietly(this.#disk, path);
    return undefined;
  }

  /** Makes the file for the index: of `size` bytes or, where there is no room for that, of as many as it needs now. */
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

  /** Only a directory that is there, and here: nothing is made for the reserve alone. */
  #isUsable(): boolean {
    return this.#disk.lstatNow(this.#paths.uploads)?.isDirectory() === true;
  }

  #path(name: string): string {
    return join(this.#paths.uploads, name);
  }
}
