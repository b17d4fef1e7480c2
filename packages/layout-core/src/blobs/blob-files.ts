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
import { notDirectory } from "../disk/own-directory.ts";
import type { RegularFile } from "../disk/regular-file.ts";
import { readBounded, tryOpen } from "../disk/regular-file.ts";

/** A stored blob that is open for reading. */
export interface OpenBlob {
  readonly file: OpenFile;
  /** In bytes. */
  readonly size: number;
}

/** A blob as its directory lists it. */
export interface StoredBlob {
  readonly digest: CheckedDigest;
  /** In bytes. */
  readonly size: number;
}

/** The blobs of a layout as files: finds them by digest, and reads them. */
export class BlobFiles {
  readonly #disk: Disk;
  readonly #paths: LayoutPaths;
  readonly #followSymlinks: boolean;

  /** @param settings - Whether links out of the layout are followed. */
  constructor(disk: Disk, paths: LayoutPaths, settings: { readonly followSymlinks: boolean }) {
    this.#disk = disk;
    this.#paths = paths;
    this.#followSymlinks = settings.followSymlinks;
  }

  /** Returns the path of the blob `digest`, which may not exist. The grammar of digests keeps it below `blobs`. */
  path(digest: CheckedDigest): string {
    const colon = digest.indexOf(":");
    return `${this.#paths.blobs}${sep}${digest.slice(0, colon)}${sep}${digest.slice(colon + 1)}`;
  }

  /**
   * Returns the directory of a blob for writing: `blobs/<algorithm>`, which may be a link, and whether it is known to exist.
   *
   * @throws `RegistryError` `LAYOUT_INVALID` if it is a link that must not be followed, or not a directory.
   */
  async directoryFor(digest: CheckedDigest): Promise<{ readonly path: string; readonly exists: boolean }> {
    const path = dirname(this.path(digest));
    const stats = this.#disk.lstatNow(path);
    if (stats === undefined || stats.isDirectory()) return { path, exists: stats !== undefined };
    const name = `blobs/${basename(path)}`;
    if (!stats.isSymbolicLink()) throw notDirectory(name, false);
    if ((await this.#resolveLink(path)) === undefined)
      throw damaged(
        `invalid OCI layout: ${name} is a link out of the layout; set followSymlinks to follow it`,
      );
    return { path, exists: false };
  }

  /**
   * Opens a blob. Returns `undefined` if it is missing, is not a regular file, or is a link that must not be followed.
   */
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

  /** Whether a blob's path exists, as a blob or not. A directory that must not be read counts as empty. */
  async isOccupied(digest: CheckedDigest): Promise<boolean> {
    return !(await this.#leaves(dirname(this.path(digest)))) && this.isTaken(digest);
  }

  /** Returns the path of a blob's file with links resolved; `undefined` if it does not exist. */
  async realPath(digest: CheckedDigest): Promise<string | undefined> {
    const path = this.path(digest);
    if (await this.#leaves(dirname(path))) return undefined;
    const stats = this.#disk.lstatNow(path);
    if (stats?.isSymbolicLink() === true) return this.#resolveLink(path);
    return stats?.isFile() === true ? path : undefined;
  }

  /** Returns the size of a blob in bytes; `undefined` if it does not exist. */
  async size(digest: CheckedDigest): Promise<number | undefined> {
    const path = await this.realPath(digest);
    const stats = path === undefined ? undefined : this.#disk.lstatNow(path);
    return stats?.isFile() === true ? Number(stats.size) : undefined;
  }

  /** Reads a whole blob; returns `undefined` if it does not exist. */
  async readAll(digest: CheckedDigest, maxBytes: number): Promise<Uint8Array | "too large" | undefined> {
    const blob = await this.open(digest);
    if (blob === undefined) return undefined;
    try {
      return await readBounded(this.#disk, blob.file, blob.size, maxBytes);
    } finally {
      await closeQuietly(this.#disk, blob.file);
    }
  }

  /** Whether the path of a blob is a link. If the link is not followed, it hides the blob. */
  isLink(digest: CheckedDigest): boolean {
    try {
      return this.#disk.lstatNow(this.path(digest))?.isSymbolicLink() === true;
    } catch {
      return false; // It cannot be checked, so it explains nothing.
    }
  }

  /** Whether the directory of a blob is a link. */
  isBehindLink(digest: CheckedDigest): boolean {
    return this.#isLink(dirname(this.path(digest)));
  }

  /** Returns the error for a missing blob, or one behind a link that is not followed. */
  unknown(digest: CheckedDigest): RegistryError {
    const why = "its file is a link out of the layout (set followSymlinks to follow it), or a dangling link";
    return unknownBlob(digest, this.isLink(digest) ? why : undefined);
  }

  /** Whether a blob begins like a JSON object. False if it cannot be read. */
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

  /** Whether the bytes of a blob match its digest. */
  async isIntact(
    { file, size }: OpenBlob,
    digest: CheckedDigest,
    { signal }: CallOptions = {},
  ): Promise<boolean> {
    const algorithm = requireAlgorithm(digest.slice(0, digest.indexOf(":")));
    const hasher = createHasher(algorithm);
    // One byte more than expected, to notice a file that grew.
    const buffer = new Uint8Array(Math.min(size + 1, READ_BYTES));
    for (let at = 0; ;) {
      signal?.throwIfAborted();
      const count = await this.#disk.read(file, buffer, at);
      if (count === 0) break;
      hasher.update(buffer.subarray(0, count));
      at += count;
    }
    return `${algorithm}:${await hasher.digest()}` === digest;
  }

  /**
   * Returns the time when a blob was written or renewed, in milliseconds since 1970; `undefined` if it does not exist.
   */
  writtenMs(digest: CheckedDigest): number | undefined {
    const stats = this.#disk.lstatNow(this.path(digest));
    return stats === undefined ? undefined : Number(stats.mtimeMs);
  }

  /** Lists every file of this layout that is named like a blob. Other files are never removed. */
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

  /** Whether the path of a blob exists, whatever is there and wherever its directory leads. */
  isTaken(digest: CheckedDigest): boolean {
    try {
      return this.#disk.lstatNow(this.path(digest)) !== undefined;
    } catch (error) {
      // The directory is a loop of links.
      if (systemCode(error) === "ELOOP") return false;
      throw error;
    }
  }

  /**
   * Identifies the current file of a blob; `undefined` if it does not exist. Never throws: a file that cannot be
   * checked has a stamp of its own.
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

  /** Whether a directory of blobs is a link out of the layout that must not be followed. */
  async #leaves(directory: string): Promise<boolean> {
    return this.#isLink(directory) && (await this.#resolveLink(directory)) === undefined;
  }

  #isLink(path: string): boolean {
    return this.#disk.lstatNow(path)?.isSymbolicLink() === true;
  }

  /** Returns the target of the link `path`, if it exists and may be read. */
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
