import { RegistryError } from "@ocilayout/oci-types";

import { builtinModule } from "../platform/builtin-module.ts";
import { encodeText, hasEscapes } from "../tar/format/text.ts";

/** A path: text, or bytes if a name is not UTF-8. */
export type DiskPath = string | Uint8Array;

/** The facts about a file or directory. */
export interface DiskStats {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly mode: bigint;
  readonly uid: bigint;
  readonly gid: bigint;
  readonly nlink: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

/**
 * The calls of Node's `fs` module that this package uses. Most are synchronous, because a short call costs less than a switch
 * of threads.
 */
export interface Disk {
  readonly constants: Readonly<Partial<Record<`O_${string}`, number>>>;
  openSync(path: DiskPath, flags: number, mode?: number): number;
  closeSync(file: number): void;
  mkdirSync(path: DiskPath, options: { readonly mode?: number; readonly recursive?: boolean }): unknown;
  unlinkSync(path: DiskPath): void;
  renameSync(from: DiskPath, to: DiskPath): void;
  linkSync(existing: DiskPath, path: DiskPath): void;
  symlinkSync(target: DiskPath, path: DiskPath): void;
  readlinkSync(path: DiskPath, options: { readonly encoding: "buffer" }): Uint8Array;
  readdirSync(path: DiskPath, options: { readonly encoding: "buffer" }): Uint8Array[];
  lstatSync(
    path: DiskPath,
    options: { readonly bigint: true; readonly throwIfNoEntry: false },
  ): DiskStats | undefined;
  fstatSync(file: number, options: { readonly bigint: true }): DiskStats;
  fchmodSync(file: number, mode: number): void;
  fchownSync(file: number, uid: number, gid: number): void;
  futimesSync(file: number, atime: number | Date, mtime: number | Date): void;
  lchownSync(path: DiskPath, uid: number, gid: number): void;
  lutimesSync(path: DiskPath, atime: number | Date, mtime: number | Date): void;
  writeSync(file: number, bytes: Uint8Array, offset: number, length: number, position: null): number;
  write(
    file: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: null,
    done: (error: Error | null, written: number) => void,
  ): void;
  read(
    file: number,
    into: Uint8Array,
    offset: number,
    length: number,
    position: null,
    done: (error: Error | null, read: number) => void,
  ): void;
}

/** The operating system. */
export interface Host {
  readonly disk: Disk;
  /** The value of `process.platform`. */
  readonly platform: string;
}

/**
 * Returns the file system of this machine.
 *
 * @throws `RegistryError` `UNSUPPORTED` if this is not Node.
 */
export function thisHost(): Host {
  const { process } = globalThis as { process?: { readonly platform: string } };
  const disk = builtinModule("node:fs") as Disk | undefined;
  if (process === undefined || disk === undefined)
    throw new RegistryError("UNSUPPORTED", "cannot use directories: this platform has no file system");
  return { disk, platform: process.platform };
}

/** Returns what is at a path, without following a link. Returns `undefined` if nothing is there. */
export function lookAt(disk: Disk, path: DiskPath): DiskStats | undefined {
  return disk.lstatSync(path, { bigint: true, throwIfNoEntry: false });
}

/** Joins a directory and a name. */
export function joinPath(directory: DiskPath, name: string): DiskPath {
  if (typeof directory === "string" && !hasEscapes(name)) return `${directory}/${name}`;
  const start = typeof directory === "string" ? encode(`${directory}/`) : appendSlash(directory);
  const end = encode(name);
  const joined = new Uint8Array(start.length + end.length);
  joined.set(start);
  joined.set(end, start.length);
  return joined;
}

function appendSlash(path: Uint8Array): Uint8Array {
  const longer = new Uint8Array(path.length + 1);
  longer.set(path);
  longer[path.length] = 0x2f;
  return longer;
}

/** Encodes text that `decodeText` returned, for a call of the disk. */
export function encode(text: string): Uint8Array {
  const bytes = encodeText(text);
  if (bytes === undefined) throw new RegistryError("NAME_INVALID", "cannot use a name with a lone surrogate");
  return bytes;
}

/** The largest chunk that is written in this thread, in bytes. */
const SMALL = 16 * 1024;

/** Writes all of `bytes` at the current position. */
export async function writeAll(disk: Disk, file: number, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const length = bytes.length - done;
    if (length <= SMALL) {
      done += disk.writeSync(file, bytes, done, length, null);
      continue;
    }
    done += await new Promise<number>((resolve, reject) => {
      disk.write(file, bytes, done, length, null, (error, written) => {
        if (error === null) resolve(written);
        else reject(error);
      });
    });
  }
}

/** Reads from the current position into `into`. Returns the number of bytes, which is 0 at the end. */
export async function readSome(disk: Disk, file: number, into: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    disk.read(file, into, 0, into.length, null, (error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
  });
}
