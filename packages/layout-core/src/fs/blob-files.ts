import type { BigIntStats } from "node:fs";
import { constants } from "node:fs";
import { dirname, join, sep } from "node:path";

import type { Digest } from "@ocilayout/oci-types";
import { createHasher, digestAlgorithms, isDigest, parseDigest, requireAlgorithm } from "@ocilayout/oci-types";

import { closeQuietly } from "./atomic-file.ts";
import type { Disk, OpenFile } from "./disk.ts";
import { isAbsent, listIfThere, systemCode } from "./disk.ts";
import { READ_BYTES } from "./file-chunks.ts";
import type { LayoutPaths } from "./layout-files.ts";
import { stampNow } from "./layout-files.ts";

/** A stored blob that is open for reading. */
export interface OpenBlob {
  readonly file: OpenFile;
  /** In bytes. */
  readonly size: number;
}

/** A stored blob, as it is found in its directory. */
export interface StoredBlob {
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
}

/** Reads without waiting for the other end of a pipe, and never through a link; Windows knows neither flag. */
const READ_ONLY = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

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
  path(digest: string): string {
    const parsed = parseDigest(digest);
    if (parsed === undefined) throw new Error("a path was asked for what is no digest");
    return join(this.#paths.blobs, parsed.algorithm, parsed.encoded);
  }

  /** Whether a blob would lie in a directory that is a link out of the layout, and not to be followed. */
  async isElsewhere(digest: string): Promise<boolean> {
    return this.#leaves(dirname(this.path(digest)));
  }

  /** Opens a blob. `undefined` where there is none: also where there is something else than a file, or a link that leaves. */
  async open(digest: string): Promise<OpenBlob | undefined> {
    if (await this.isElsewhere(digest)) return undefined;
    const file = await this.#openFile(this.path(digest));
    if (file === undefined) return undefined;
    try {
      const stats = await this.#disk.fstat(file);
      if (stats.isFile()) return { file, size: Number(stats.size) };
    } catch (error) {
      await closeQuietly(this.#disk, file);
      throw error;
    }
    await closeQuietly(this.#disk, file);
    return undefined;
  }

  /** The file that holds a blob, links resolved. */
  async realPath(digest: string): Promise<string> {
    return this.#disk.realpath(this.path(digest));
  }

  /** The size of a blob in bytes; `undefined` where there is none. */
  async size(digest: string): Promise<number | undefined> {
    if (await this.isElsewhere(digest)) return undefined;
    const stats = await this.#lstat(this.path(digest));
    if (stats?.isFile() === true) return Number(stats.size);
    if (stats?.isSymbolicLink() !== true) return undefined;
    const blob = await this.open(digest);
    if (blob !== undefined) await closeQuietly(this.#disk, blob.file);
    return blob?.size;
  }

  /** The whole blob; `undefined` where there is none. */
  async readAll(digest: string, maxBytes: number): Promise<Uint8Array | "too large" | undefined> {
    const blob = await this.open(digest);
    if (blob === undefined) return undefined;
    try {
      return blob.size > maxBytes ? "too large" : await this.#disk.readFile(blob.file);
    } finally {
      await closeQuietly(this.#disk, blob.file);
    }
  }

  /** Whether the bytes of a blob are what its digest says. */
  async isIntact({ file }: OpenBlob, digest: string): Promise<boolean> {
    const algorithm = requireAlgorithm(digest.slice(0, digest.indexOf(":")));
    const hasher = createHasher(algorithm);
    const buffer = new Uint8Array(READ_BYTES);
    for (let at = 0; ; ) {
      const count = await this.#disk.read(file, buffer, at);
      if (count === 0) break;
      hasher.update(buffer.subarray(0, count));
      at += count;
    }
    return `${algorithm}:${await hasher.digest()}` === digest;
  }

  /** When a blob was written or renewed, in milliseconds since 1970; `undefined` where there is none. */
  writtenMs(digest: string): number | undefined {
    const stats = this.#disk.statNow(this.path(digest));
    return stats === undefined ? undefined : Number(stats.mtimeMs);
  }

  /** Every file that has the name of a blob; whatever else lies there is nobody's to remove. */
  async *list(): AsyncGenerator<StoredBlob, void, undefined> {
    for (const algorithm of digestAlgorithms) {
      const directory = join(this.#paths.blobs, algorithm);
      if (await this.#leaves(directory)) continue;
      for (const entry of await listIfThere(this.#disk, directory)) {
        const digest = `${algorithm}:${entry.name}`;
        if (!entry.isFile() || !isDigest(digest)) continue;
        const stats = this.#disk.statNow(this.path(digest));
        if (stats !== undefined) yield { digest, size: Number(stats.size) };
      }
    }
  }

  /** What tells the file of a blob from any other; `undefined` where there is none. */
  stamp(digest: string): string | undefined {
    return stampNow(this.#disk, this.path(digest));
  }

  async #openFile(path: string): Promise<OpenFile | undefined> {
    try {
      return await this.#disk.open(path, READ_ONLY);
    } catch (error) {
      if (isAbsent(error) || systemCode(error) === "ENXIO") return undefined;
      if (systemCode(error) !== "ELOOP") throw error;
    }
    const target = await this.#resolveLink(path);
    return target === undefined ? undefined : this.#openFile(target);
  }

  async #leaves(directory: string): Promise<boolean> {
    return this.#disk.isLinkNow(directory) && (await this.#resolveLink(directory)) === undefined;
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

  async #lstat(path: string): Promise<BigIntStats | undefined> {
    try {
      return await this.#disk.lstat(path);
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }
}
