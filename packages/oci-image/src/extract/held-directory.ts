import type { Disk, DiskPath, DiskStats, Host } from "./disk.ts";
import { joinPath, lookAt } from "./disk.ts";
import { changedMeanwhile } from "./errors.ts";

/** An open directory. Names in it are used without following a link on the way to it. */
export interface HeldDirectory {
  /** The open directory. */
  readonly file: number;
  /** Passes the path of a name in the directory to `call`. `"."` is the directory itself. */
  use<Result>(name: string, call: (path: DiskPath) => Result): Result;
  /** Opens a file in the directory. */
  open(name: string, flags: number, mode?: number): number;
  /** Opens a directory in this directory. Fails if a link is there. */
  enter(name: string): HeldDirectory;
  close(): void;
}

/**
 * Opens the directory that the caller named, which may be a link.
 *
 * On Linux, names are resolved from the open directory, as `openat` does: through `/proc/self/fd`. Nothing that another
 * process does to a path above can lead to another directory. Elsewhere, and without `/proc`, every component is checked
 * before and after each call. That makes the race less likely, but does not exclude it.
 */
export function holdDirectory({ disk, platform }: Host, path: string): HeldDirectory {
  const file = disk.openSync(path, flagsOf(disk, "O_RDONLY", "O_DIRECTORY"));
  try {
    const stats = disk.fstatSync(file, { bigint: true });
    if (platform === "linux" && hasHandlePaths(disk, file, stats)) return new HandleDirectory(disk, file);
    return new PathDirectory(disk, file, path, stats, undefined);
  } catch (error) {
    disk.closeSync(file);
    throw error;
  }
}

/** Combines flags of `open`. A system that does not have a flag ignores it. */
export function flagsOf(disk: Disk, ...names: readonly `O_${string}`[]): number {
  return names.reduce((flags, name) => flags | (disk.constants[name] ?? 0), 0);
}

/** Whether two stats are of the same file. */
export function isSame(one: DiskStats, other: DiskStats | undefined): boolean {
  return one.dev === other?.dev && one.ino === other.ino;
}

function hasHandlePaths(disk: Disk, file: number, stats: DiskStats): boolean {
  return isSame(stats, lookAt(disk, `/proc/self/fd/${file}/.`));
}

function directoryFlags(disk: Disk): number {
  return flagsOf(disk, "O_RDONLY", "O_DIRECTORY", "O_NOFOLLOW");
}

/** A directory on Linux. Its handle is the base of every path. */
class HandleDirectory implements HeldDirectory {
  readonly file: number;
  readonly #disk: Disk;

  constructor(disk: Disk, file: number) {
    this.#disk = disk;
    this.file = file;
  }

  use<Result>(name: string, call: (path: DiskPath) => Result): Result {
    return call(joinPath(`/proc/self/fd/${this.file}`, name));
  }

  open(name: string, flags: number, mode?: number): number {
    return this.use(name, (path) => this.#disk.openSync(path, flags, mode));
  }

  enter(name: string): HeldDirectory {
    return new HandleDirectory(this.#disk, this.open(name, directoryFlags(this.#disk)));
  }

  close(): void {
    this.#disk.closeSync(this.file);
  }
}

/** A directory on other systems. */
class PathDirectory implements HeldDirectory {
  readonly file: number;
  readonly #disk: Disk;
  readonly #path: DiskPath;
  readonly #stats: DiskStats;
  readonly #parent: PathDirectory | undefined;

  constructor(disk: Disk, file: number, path: DiskPath, stats: DiskStats, parent: PathDirectory | undefined) {
    this.file = file;
    this.#disk = disk;
    this.#path = path;
    this.#stats = stats;
    this.#parent = parent;
  }

  use<Result>(name: string, call: (path: DiskPath) => Result): Result {
    this.#requireUnchanged();
    const result = call(joinPath(this.#path, name));
    this.#requireUnchanged();
    return result;
  }

  open(name: string, flags: number, mode?: number): number {
    this.#requireUnchanged();
    const file = this.#disk.openSync(joinPath(this.#path, name), flags, mode);
    try {
      this.#requireUnchanged();
      return file;
    } catch (error) {
      this.#disk.closeSync(file);
      throw error;
    }
  }

  enter(name: string): HeldDirectory {
    const disk = this.#disk;
    const path = joinPath(this.#path, name);
    const file = this.open(name, directoryFlags(disk));
    try {
      const stats = disk.fstatSync(file, { bigint: true });
      const found = lookAt(disk, path);
      // A system without O_NOFOLLOW follows a link.
      if (found?.isDirectory() !== true || !isSame(stats, found)) throw this.#changed();
      return new PathDirectory(disk, file, path, stats, this);
    } catch (error) {
      disk.closeSync(file);
      throw error;
    }
  }

  close(): void {
    this.#disk.closeSync(this.file);
  }

  #requireUnchanged(): void {
    // The first directory is the caller's, and may be a link.
    if (this.#parent === undefined) return;
    this.#parent.#requireUnchanged();
    if (!isSame(this.#stats, lookAt(this.#disk, this.#path))) throw this.#changed();
  }

  #changed(): Error {
    return changedMeanwhile("use a directory", "it");
  }
}
