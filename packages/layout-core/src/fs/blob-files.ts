import type { BigIntStats } from "node:fs";
import { constants } from "node:fs";
import { randomUUID } from "node:crypto";
import { dirname, join, sep } from "node:path";

import type { BlobChunks, BlobDescriptor, Digest, SupportedDigest } from "@ocilayout/oci-types";
import { createHasher, RegistryError, requireDigest } from "@ocilayout/oci-types";

import { closeQuietly, ensureDirectory, removeQuietly, renameOrRemove, syncDirectory } from "./atomic-file.ts";
import { ChunkWriter } from "./chunk-writer.ts";
import type { Disk, OpenFile } from "./disk.ts";
import { isAbsent, systemCode } from "./disk.ts";
import { READ_BYTES } from "./file-chunks.ts";
import type { LayoutPaths } from "./layout-files.ts";

/** What {@link BlobFiles} needs to know. */
export interface BlobFilesSettings {
  readonly durable: boolean;
  /** Whether links that leave the layout are followed. */
  readonly followSymlinks: boolean;
}

/** A stored blob that is open for reading. */
export interface OpenBlob {
  readonly file: OpenFile;
  readonly size: number;
}

/** A blob that was written and verified, and has no name yet. */
export interface StagedBlob {
  readonly digest: Digest;
  readonly size: number;
  readonly temporary: string;
}

/** Reads without waiting for the other end of a pipe, and never through a link; Windows knows neither flag. */
const READ_ONLY = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/** The blobs of a layout as files: found by digest, written beside, verified, and put in place whole. */
export class BlobFiles {
  readonly #disk: Disk;
  readonly #paths: LayoutPaths;
  readonly #settings: BlobFilesSettings;

  constructor(disk: Disk, paths: LayoutPaths, settings: BlobFilesSettings) {
    this.#disk = disk;
    this.#paths = paths;
    this.#settings = settings;
  }

  /** Opens a blob. `undefined` where there is none: also where there is something else than a file, or a link that leaves. */
  async open(digest: string): Promise<OpenBlob | undefined> {
    const path = this.#path(requireDigest(digest));
    const file = await this.#openFile(path);
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

  /** The size of a blob in bytes; `undefined` where there is none. */
  async size(digest: string): Promise<number | undefined> {
    const path = this.#path(requireDigest(digest));
    const stats = await this.#lstat(path);
    if (stats?.isFile() === true) return Number(stats.size);
    if (stats?.isSymbolicLink() !== true) return undefined;
    const blob = await this.open(digest);
    if (blob !== undefined) await closeQuietly(this.#disk, blob.file);
    return blob?.size;
  }

  /**
   * Writes content to a file of its own while verifying it. However it ends, the content is closed.
   *
   * @throws `RegistryError` `DIGEST_INVALID` or `SIZE_INVALID` where it is not what `expected` says.
   */
  async stage(expected: BlobDescriptor, chunks: BlobChunks, signal: AbortSignal | undefined): Promise<StagedBlob> {
    try {
      const { algorithm, digest } = requireDigest(expected.digest);
      const { temporary, file } = await this.#createTemporary();
      try {
        const hasher = createHasher(algorithm);
        const writer = new ChunkWriter(this.#disk, file, (block) => {
          hasher.update(block);
        });
        for await (const chunk of chunks) {
          if (expected.size !== undefined && writer.size + chunk.length > expected.size) {
            throw new RegistryError("SIZE_INVALID", `content is longer than ${expected.size} bytes`);
          }
          await writer.add(chunk);
        }
        await writer.end();
        requireMatch(expected, digest, writer.size, `${algorithm}:${await hasher.digest()}`);
        if (this.#settings.durable) await this.#disk.sync(file);
        signal?.throwIfAborted();
        return { digest, size: writer.size, temporary };
      } catch (error) {
        await removeQuietly(this.#disk, temporary);
        throw error;
      } finally {
        await closeQuietly(this.#disk, file);
      }
    } finally {
      await chunks.return();
    }
  }

  /** Whether something has the name that `staged` is to get. */
  isTaken(staged: StagedBlob): boolean {
    return this.#disk.statNow(this.#path(requireDigest(staged.digest))) !== undefined;
  }

  /** Gives a staged blob its name, whatever had it before. */
  async place(staged: StagedBlob): Promise<void> {
    const path = this.#path(requireDigest(staged.digest));
    const { durable } = this.#settings;
    try {
      await ensureDirectory(this.#disk, dirname(path), durable);
    } catch (error) {
      await removeQuietly(this.#disk, staged.temporary);
      throw error;
    }
    await renameOrRemove(this.#disk, staged.temporary, path);
    if (durable) await syncDirectory(this.#disk, dirname(path));
  }

  /**
   * Gives a staged blob its name where a file has it already: one that is good is kept, its time renewed, so that no
   * collection under way takes it for old; a bad one is replaced. To be called under the layout's lock.
   */
  async placeOrKeep(staged: StagedBlob): Promise<void> {
    const kept = await this.#renewIfGood(staged).catch(async (error: unknown) => {
      await removeQuietly(this.#disk, staged.temporary);
      throw error;
    });
    if (kept) await removeQuietly(this.#disk, staged.temporary);
    else await this.place(staged);
  }

  async #renewIfGood(staged: StagedBlob): Promise<boolean> {
    const blob = await this.open(staged.digest);
    if (blob === undefined) return false;
    try {
      if (blob.size !== staged.size || !(await this.#hasDigest(blob, staged.digest))) return false;
      await this.#disk.touch(blob.file);
      if (this.#settings.durable) await this.#disk.sync(blob.file);
      return true;
    } catch (error) {
      // A file that belongs to somebody else can be read and not touched: then ours takes its place.
      if (systemCode(error) === "EPERM" || systemCode(error) === "EACCES") return false;
      throw error;
    } finally {
      await closeQuietly(this.#disk, blob.file);
    }
  }

  async #hasDigest(blob: OpenBlob, digest: string): Promise<boolean> {
    const { algorithm } = requireDigest(digest);
    const hasher = createHasher(algorithm);
    const buffer = new Uint8Array(READ_BYTES);
    for (let at = 0; ; ) {
      const count = await this.#disk.read(blob.file, buffer, at);
      if (count === 0) break;
      hasher.update(buffer.subarray(0, count));
      at += count;
    }
    return `${algorithm}:${await hasher.digest()}` === digest;
  }

  async #createTemporary(): Promise<{ temporary: string; file: OpenFile }> {
    const temporary = join(this.#paths.uploads, `${randomUUID()}.blob`);
    try {
      return { temporary, file: await this.#disk.open(temporary, "wx") };
    } catch (error) {
      if (!isAbsent(error)) throw error;
    }
    await ensureDirectory(this.#disk, this.#paths.uploads, this.#settings.durable);
    return { temporary, file: await this.#disk.open(temporary, "wx") };
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

  /** Where the link `path` leads, if there is something and it may be read. */
  async #resolveLink(path: string): Promise<string | undefined> {
    try {
      const target = await this.#disk.realpath(path);
      if (this.#settings.followSymlinks) return target;
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

  #path({ algorithm, encoded }: SupportedDigest): string {
    return join(this.#paths.blobs, algorithm, encoded);
  }
}

function requireMatch(expected: BlobDescriptor, digest: string, size: number, received: string): void {
  if (expected.size !== undefined && size !== expected.size) {
    throw new RegistryError("SIZE_INVALID", `content has ${size} bytes, not ${expected.size}`, { detail: { received: size } });
  }
  if (received !== digest) {
    throw new RegistryError("DIGEST_INVALID", `content has digest ${received}, not ${digest}`, { detail: { received } });
  }
}
