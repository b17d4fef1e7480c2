import { basename, dirname, join, sep } from "node:path";

import { unknownBlob } from "@ocilayout/oci-backend";
import type { CallOptions, CheckedDigest, RegistryError } from "@ocilayout/oci-types";
import { digestAlgorithms, isDigest } from "@ocilayout/oci-types";
import { createHasher, requireAlgorithm } from "@ocilayout/oci-types/authors";

import { pauseIfDue } from "@ocilayout/oci-backend";
import { closeQuietly } from "../disk/atomic-file.ts";
import type { Disk, OpenFile } from "../disk/disk.ts";
import { isAbsent, listIfThere, systemCode } from "../disk/disk.ts";
import { READ_BYTES } from "./file-chunks.ts";
import type { LayoutPaths } from "../disk/layout-files.ts";
import { damaged, stampOf } from "../disk/layout-files.ts";
import { findDirectory } from "../disk/own-directory.ts";
import type { RegularFile } from "../disk/regular-file.ts";
import { readBounded, tryOpen } from "../disk/regular-file.ts";

/** A stored blob that is open for reading. */
export interface OpenBlob {
  readonly file: OpenFile;
  /** In bytes. */
  readonly size: number;
}

/** A stored blob, as it is found in its directory. */
export interface StoredBlob {
  readonly digest: CheckedDigest;
  /** In bytes. */
  readonly size: number;
}

/** The blobs of a layout as files: found by digest, and read. */
export class BlobFiles {
  readonly #disk: Disk;
  readonly #paths: LayoutPaths;
  readonly #followSymlinks: boolean;

  /** @param settings - Whether links that leave the layout are followed. */
  constructor(disk: Disk, paths: LayoutPaths, settings: { readonly followSymlinks: boolean }) {
    this.#disk = disk;
    this.#paths = paths;
    this.#followSymlinks = settings.followSymlinks;
  }

  /** Where the blob `digest` lies, or would. The grammar of digests lets nothing through that leads elsewhere. */
  path(digest: CheckedDigest): string {
    const colon = digest.indexOf(":");
    return `${this.#paths.blobs}${sep}${digest.slice(0, colon)}${sep}${digest.slice(colon + 1)}`;
  }

  /**
   * Where a blob may be written: `blobs/<algorithm>`, or where that leads.
   *
   * @throws `RegistryError` `LAYOUT_INVALID` if a link that must not be followed is there, or not a directory.
   */
  async directoryFor(digest: CheckedDigest): Promise<string> {
    const directory = dirname(this.path(digest));
    const name = `blobs/${basename(directory)}`;
    if (await this.#leaves(directory)) throw damaged(`${name} is a link that leaves it`);
    if (!this.#isLink(directory)) findDirectory(this.#disk, directory, name);
    return directory;
  }

  /** Opens a blob. `undefined` where there is none: also where there is something else than a file, or a link that leaves. */
  async open(digest: CheckedDigest): Promise<OpenBlob | undefined> {
    const path = this.path(digest);
    if (await this.#leaves(dirname(path))) return undefined;
    const opened = await tryOpen(this.#disk, path);
    if (opened === undefined) return undefined;
    if (!("obstacle" in opened)) return openBlob(opened);
    const target = opened.obstacle === "link" ? await this.#resolveLink(path) : undefined;
    const linked = target === undefined ? undefined : await tryOpen(this.#disk, target);
    return linked === undefined || "obstacle" in linked ? undefined : openBlob(linked);
  }

  /** Whether something is in the place of a blob, be it a blob or not; nothing is in a directory that must not be read. */
  async isOccupied(digest: CheckedDigest): Promise<boolean> {
    return !(await this.#leaves(dirname(this.path(digest)))) && this.isTaken(digest);
  }

  /** The file that holds a blob, links resolved; `undefined` where there is none. */
  async realPath(digest: CheckedDigest): Promise<string | undefined> {
    const path = this.path(digest);
    if (await this.#leaves(dirname(path))) return undefined;
    const stats = this.#disk.lstatNow(path);
    if (stats?.isSymbolicLink() === true) return this.#resolveLink(path);
    return stats?.isFile() === true ? path : undefined;
  }

  /** The size of a blob in bytes; `undefined` where there is none. */
  async size(digest: CheckedDigest): Promise<number | undefined> {
    const path = await this.realPath(digest);
    const stats = path === undefined ? undefined : this.#disk.lstatNow(path);
    return stats?.isFile() === true ? Number(stats.size) : undefined;
  }

  /** The whole blob; `undefined` where there is none. */
  async readAll(digest: CheckedDigest, maxBytes: number): Promise<Uint8Array | "too large" | undefined> {
    const blob = await this.open(digest);
    if (blob === undefined) return undefined;
    try {
      return await readBounded(this.#disk, blob.file, blob.size, maxBytes);
    } finally {
      await closeQuietly(this.#disk, blob.file);
    }
  }

  /** Whether a link is in the place of a blob: one that is not followed hides it. */
  isLink(digest: CheckedDigest): boolean {
    try {
      return this.#disk.lstatNow(this.path(digest))?.isSymbolicLink() === true;
    } catch {
      return false; // It cannot be looked at, so it explains nothing.
    }
  }

  /** The error for a blob that is not there, or that only a link leads to which is not followed. */
  unknown(digest: CheckedDigest): RegistryError {
    const why = "its file is a link that leaves the layout, or leads nowhere (followSymlinks follows it)";
    return unknownBlob(digest, this.isLink(digest) ? why : undefined);
  }

  /** Whether a blob begins as a JSON object does; false if it cannot be read. */
  async mayBeDocument(digest: CheckedDigest): Promise<boolean> {
    const blob = await this.open(digest).catch(() => undefined);
    if (blob === undefined) return false;
    try {
      const head = new Uint8Array(64);
      const count = await this.#disk.read(blob.file, head, 0);
      return /^\s*\{/.test(Buffer.from(head.subarray(0, count)).toString("latin1"));
    } catch {
      return false;
    } finally {
      await closeQuietly(this.#disk, blob.file);
    }
  }

  /** Whether the bytes of a blob are what its digest says. */
  async isIntact({ file }: OpenBlob, digest: CheckedDigest, { signal }: CallOptions = {}): Promise<boolean> {
    const algorithm = requireAlgorithm(digest.slice(0, digest.indexOf(":")));
    const hasher = createHasher(algorithm);
    const buffer = new Uint8Array(READ_BYTES);
    for (let at = 0; ;) {
      signal?.throwIfAborted();
      const count = await this.#disk.read(file, buffer, at);
      if (count === 0) break;
      hasher.update(buffer.subarray(0, count));
      at += count;
    }
    return `${algorithm}:${await hasher.digest()}` === digest;
  }

  /** When a blob was written or renewed, in milliseconds since 1970; `undefined` where there is none. */
  writtenMs(digest: CheckedDigest): number | undefined {
    const stats = this.#disk.lstatNow(this.path(digest));
    return stats === undefined ? undefined : Number(stats.mtimeMs);
  }

  /** Every file of this layout that has the name of a blob; whatever else lies there is nobody's to remove. */
  async *list(): AsyncGenerator<StoredBlob, void, undefined> {
    for (const algorithm of digestAlgorithms) {
      const directory = join(this.#paths.blobs, algorithm);
      if (await this.#leaves(directory)) continue;
      for (const entry of await listIfThere(this.#disk, directory)) {
        await pauseIfDue();
        const digest = `${algorithm}:${entry.name}`;
        if (!entry.isFile() || !isDigest(digest)) continue;
        const stats = this.#disk.lstatNow(this.path(digest));
        if (stats?.isFile() === true) yield { digest, size: Number(stats.size) };
      }
    }
  }

  /** Whether something has the name of a blob, whatever it is and wherever its directory leads. */
  isTaken(digest: CheckedDigest): boolean {
    try {
      return this.#disk.lstatNow(this.path(digest)) !== undefined;
    } catch (error) {
      // The directory is a link that leads round in a circle.
      if (systemCode(error) === "ELOOP") return false;
      throw error;
    }
  }

  /**
   * What tells the file of a blob from any other; `undefined` where there is none. Never throws: what cannot be looked at
   * has a stamp of its own.
   */
  stamp(digest: CheckedDigest): string | undefined {
    const path = this.path(digest);
    try {
      const stats = this.#disk.lstatNow(path);
      if (stats?.isSymbolicLink() !== true) return stats === undefined ? undefined : stampOf(stats);
      const target = this.#disk.statNow(path);
      return `${stampOf(stats)} ${target === undefined ? "" : stampOf(target)}`;
    } catch (error) {
      return `cannot be looked at: ${systemCode(error) ?? ""}`;
    }
  }

  /** Whether a directory of blobs is a link out of the layout, and not to be followed. */
  async #leaves(directory: string): Promise<boolean> {
    return this.#isLink(directory) && (await this.#resolveLink(directory)) === undefined;
  }

  #isLink(path: string): boolean {
    return this.#disk.lstatNow(path)?.isSymbolicLink() === true;
  }

  /** Where the link `path` leads, if there is something and it may be read. */
  async #resolveLink(path: string): Promise<string | undefined> {
    try {
      const target = await this.#disk.realpath(path);
      if (this.#followSymlinks) return target;
      const inside = await this.#disk.realpath(this.#paths.blobs);
      return target.startsWith(inside + sep) ? target : undefined;
    } catch (error) {
      if (isAbsent(error) || systemCode(error) === "ELOOP") return undefined;
      throw error;
    }
  }
}

function openBlob({ file, stats }: RegularFile): OpenBlob {
  return { file, size: Number(stats.size) };
}
