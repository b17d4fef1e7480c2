import type { BigIntStats, Dirent } from "node:fs";
import * as fs from "node:fs";
import * as fsp from "node:fs/promises";
import { promisify } from "node:util";

export type { BigIntStats, Dirent } from "node:fs";

/**
 * The descriptor of an open file. A plain number, because a `FileHandle` that is collected while it is open raises an
 * error.
 */
export type OpenFile = number;

/**
 * All file-system calls of this package. Tests replace it, to make any call fail or stop. Calls that change something
 * come first.
 */
export interface Disk {
  /** Not recursive. The mode is 0777 less the umask. */
  mkdir(path: string): Promise<void>;
  /** `flags` as of `open(2)`. A created file gets mode 0666 less the umask. */
  open(path: string, flags: string | number): Promise<OpenFile>;
  /** Writes all of `bytes`, at `position` or at the current position. */
  write(file: OpenFile, bytes: Uint8Array, position?: number): Promise<void>;
  /** Cuts the file, or extends it with zeros, to `size` bytes. */
  truncate(file: OpenFile, size: number): Promise<void>;
  /** Sets the permissions of the file. */
  chmod(file: OpenFile, mode: number): Promise<void>;
  /** Sets the times of the file, in milliseconds since 1970. */
  touch(file: OpenFile, ms: number): Promise<void>;
  /** Flushes the file, or the directory, to the disk. */
  sync(file: OpenFile): Promise<void>;
  /**
   * Closes the file. Its descriptor must not be used afterwards.
   *
   * @param freesLittle - Whether closing it frees little space: it is small, or was not removed. Defaults to false.
   */
  close(file: OpenFile, freesLittle?: boolean): Promise<void>;
  /** Creates a hard link. Fails with `EEXIST` if `path` exists. */
  link(existing: string, path: string): Promise<void>;
  /**
   * Moves a file. Replaces a file at `to`.
   *
   * @param isNew - Whether the caller saw that nothing is at `to`, so that no large file is freed. Defaults to false.
   */
  rename(from: string, to: string, isNew?: boolean): Promise<void>;
  /** Removes a file or a link. */
  unlink(path: string): Promise<void>;
  /** Removes an empty directory. */
  rmdir(path: string): Promise<void>;
  /** Clones if the file system can, and copies if not. Fails with `EEXIST` if `to` exists. */
  copy(from: string, to: string): Promise<void>;

  /** Fills `into`, or as much of it as the file has. Returns the number of bytes read. */
  read(file: OpenFile, into: Uint8Array, position: number): Promise<number>;
  /** Reads the whole file. */
  readFile(file: OpenFile): Promise<Buffer>;
  /** Returns the facts about the open file. */
  fstat(file: OpenFile): Promise<BigIntStats>;
  /** Returns the path without links. */
  realpath(path: string): Promise<string>;
  /** Lists the entries of a directory. */
  list(path: string): Promise<Dirent[]>;
  /**
   * Follows links. Returns `undefined` if nothing is there. Synchronous, because a stat costs less than a switch of
   * threads.
   */
  statNow(path: string): BigIntStats | undefined;
  /** Does not follow a link at `path`. Returns `undefined` if nothing is there. Synchronous, as `statNow` is. */
  lstatNow(path: string): BigIntStats | undefined;
  /**
   * Returns the first bytes of a file, at most `length`. Follows links, and does not wait for the other end of a pipe.
   * Synchronous, as `statNow` is.
   */
  headNow(path: string, length: number): Uint8Array;
}

const open = promisify(fs.open);
const write = promisify(fs.write);
const read = promisify(fs.read);
const ftruncate = promisify(fs.ftruncate);
const fchmod = promisify(fs.fchmod);
const futimes = promisify(fs.futimes);
const fsync = promisify(fs.fsync);
const close = promisify(fs.close);
const fstat = promisify(fs.fstat);

/** The file system of this machine. */
export const nodeDisk: Disk = {
  mkdir: (path) => fsp.mkdir(path),
  open: (path, flags) => open(path, flags, 0o666),
  async write(file, bytes, position) {
    let done = 0;
    while (done < bytes.length) {
      const at = position === undefined ? null : position + done;
      done += (await write(file, bytes, done, bytes.length - done, at)).bytesWritten;
    }
  },
  truncate: (file, size) => ftruncate(file, size),
  chmod: (file, mode) => fchmod(file, mode),
  touch: (file, ms) => futimes(file, ms / 1_000, ms / 1_000),
  sync: (file) => fsync(file),
  close: (file) => close(file),
  link: (existing, path) => fsp.link(existing, path),
  rename: (from, to) => fsp.rename(from, to),
  unlink: (path) => fsp.unlink(path),
  rmdir: (path) => fsp.rmdir(path),
  copy: (from, to) => fsp.copyFile(from, to, fs.constants.COPYFILE_FICLONE | fs.constants.COPYFILE_EXCL),

  async read(file, into, position) {
    let done = 0;
    while (done < into.length) {
      const { bytesRead } = await read(file, into, done, into.length - done, position + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done;
  },
  readFile: promisify((file: number, callback: (error: Error | null, data: Buffer) => void) => {
    fs.readFile(file, callback);
  }),
  fstat: (file) => fstat(file, { bigint: true }),
  realpath: (path) => fsp.realpath(path),
  list: (path) => fsp.readdir(path, { withFileTypes: true }),
  statNow: (path) => unlessAbsent(() => fs.statSync(path, LOOK)),
  lstatNow: (path) => unlessAbsent(() => fs.lstatSync(path, LOOK)),
  headNow(path, length) {
    const file = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    try {
      const buffer = new Uint8Array(length);
      return buffer.subarray(0, fs.readSync(file, buffer, 0, length, 0));
    } finally {
      fs.closeSync(file);
    }
  },
};

const LOOK = { bigint: true, throwIfNoEntry: false } as const;

/** Node handles only ENOENT. */
function unlessAbsent<Result>(look: () => Result): Result | undefined {
  try {
    return look();
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** A file that is or was open. Shared by its owner and by the cleanup for an owner that was never closed. */
export interface HeldFile {
  /** The file; `undefined` after it was closed or given to another owner. */
  file: OpenFile | undefined;
}

const forgotten: FinalizationRegistry<HeldFile> = new FinalizationRegistry((held) => {
  if (held.file !== undefined) fs.closeSync(held.file);
});

/** Closes the file of `held` when `owner` is garbage-collected, in case `owner` was never closed. */
export function closeWithOwner(owner: object, held: HeldFile): void {
  forgotten.register(owner, held);
}

/** Returns the error code of the operating system, if `error` has one. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** Nothing is there; a component of the path is a file; the name is too long to exist. */
const ABSENT: ReadonlySet<string | undefined> = new Set(["ENOENT", "ENOTDIR", "ENAMETOOLONG"]);

/** Whether `error` means that nothing is there. */
export function isAbsent(error: unknown): boolean {
  return ABSENT.has(systemCode(error));
}

/** System errors that concern one bad file. Other codes concern every file, such as too many open files. */
const FILE_FAULTS: ReadonlySet<string | undefined> = new Set([
  "EACCES",
  "EPERM",
  "EIO",
  "ELOOP",
  "ENXIO",
  "ENODEV",
  "EISDIR",
  "EUCLEAN",
  "EBADMSG",
  "ESTALE",
]);

/** Whether `error` concerns only the file that was being read, so that other files can still be read. */
export function isFileFault(error: unknown): error is Error {
  return FILE_FAULTS.has(systemCode(error));
}

/** Lists a directory. Returns an empty list if it does not exist. */
export async function listIfThere(disk: Disk, directory: string): ReturnType<Disk["list"]> {
  try {
    return await disk.list(directory);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** Errors of file systems without hard links, with no more links for a file, or between two file systems. */
const NO_LINKS: ReadonlySet<string | undefined> = new Set([
  "EPERM",
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS",
  "EMLINK",
  "EXDEV",
  "EINVAL",
]);

/** Whether `error` means that the file cannot be linked. */
export function hasNoLinks(error: unknown): boolean {
  return NO_LINKS.has(systemCode(error));
}
