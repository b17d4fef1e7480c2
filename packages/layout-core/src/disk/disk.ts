import type { BigIntStats, Dirent } from "node:fs";
import * as fs from "node:fs";
import * as fsp from "node:fs/promises";
import { promisify } from "node:util";

export type { BigIntStats, Dirent } from "node:fs";

/** An open file: a plain descriptor number, because what nobody closed must not raise an error when collected. */
export type OpenFile = number;

/**
 * Every file-system call this package makes, in one place: what tests replace to make any step fail or to stop
 * at it. Calls that change something come first.
 */
export interface Disk {
  /** Not recursive; mode 0777 less the umask. */
  mkdir(path: string): Promise<void>;
  /** `flags` as of `open(2)`; a created file gets mode 0666 less the umask. */
  open(path: string, flags: string | number): Promise<OpenFile>;
  /** Writes all of `bytes`, at `position` or where the file stands. */
  write(file: OpenFile, bytes: Uint8Array, position?: number): Promise<void>;
  truncate(file: OpenFile, size: number): Promise<void>;
  chmod(file: OpenFile, mode: number): Promise<void>;
  /** Sets the times of the file, in milliseconds since 1970. */
  touch(file: OpenFile, ms: number): Promise<void>;
  sync(file: OpenFile): Promise<void>;
  close(file: OpenFile): Promise<void>;
  link(existing: string, path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  rmdir(path: string): Promise<void>;
  /** Clones where the file system can, else copies. `EEXIST` where `to` is there. */
  copy(from: string, to: string): Promise<void>;

  /** Fills `into` as far as the file reaches; the number of bytes read. */
  read(file: OpenFile, into: Uint8Array, position: number): Promise<number>;
  readFile(file: OpenFile): Promise<Buffer>;
  fstat(file: OpenFile): Promise<BigIntStats>;
  realpath(path: string): Promise<string>;
  list(path: string): Promise<Dirent[]>;
  /** Follows links; `undefined` if nothing is there. Synchronous: a stat is cheaper to make than to hand over. */
  statNow(path: string): BigIntStats | undefined;
  /** Looks at `path` itself, which may be a link; `undefined` if nothing is there. Synchronous, as `statNow` is. */
  lstatNow(path: string): BigIntStats | undefined;
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
};

const LOOK = { bigint: true, throwIfNoEntry: false } as const;

/** Node itself calls only ENOENT absent. */
function unlessAbsent<Result>(look: () => Result): Result | undefined {
  try {
    return look();
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** A file that is open, or was; shared between its owner and the clean-up after an owner that closed nothing. */
export interface HeldFile {
  file: OpenFile | undefined;
}

const forgotten: FinalizationRegistry<HeldFile> = new FinalizationRegistry((held) => {
  if (held.file !== undefined) fs.closeSync(held.file);
});

/** Closes what is in `held` when `owner` is collected: for an owner that was not closed. */
export function closeWithOwner(owner: object, held: HeldFile): void {
  forgotten.register(owner, held);
}

/** The error code of the operating system, where `error` has one. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** Nothing is there; a file stands where a directory would be; no file can have so long a name. */
const ABSENT: ReadonlySet<string | undefined> = new Set(["ENOENT", "ENOTDIR", "ENAMETOOLONG"]);

/** Whether `error` means that nothing is there. */
export function isAbsent(error: unknown): boolean {
  return ABSENT.has(systemCode(error));
}

/** What the system answers about one bad file. Other codes concern every file: too many are open, no memory is left. */
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

/** Whether `error` concerns the one file that was to be read, so that reading others can go on. */
export function isFileFault(error: unknown): error is Error {
  return FILE_FAULTS.has(systemCode(error));
}

/** What is in a directory; nothing, where it is not there. */
export async function listIfThere(disk: Disk, directory: string): ReturnType<Disk["list"]> {
  try {
    return await disk.list(directory);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** What a file system says that has no hard links, has no more of them to give, or not between these places. */
const NO_LINKS: ReadonlySet<string | undefined> = new Set([
  "EPERM",
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS",
  "EMLINK",
  "EXDEV",
  "EINVAL",
]);

/** Whether `error` says that there is no linking here. */
export function hasNoLinks(error: unknown): boolean {
  return NO_LINKS.has(systemCode(error));
}
