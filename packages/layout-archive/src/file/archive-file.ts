import * as fs from "node:fs";

import type { HeldFile, OpenFile } from "@ocilayout/layout-core/authors";
import {
  closeQuietly,
  closeWithOwner,
  nodeDisk,
  readFileChunks,
  stampOf,
  storageError,
  type ContentReading,
} from "@ocilayout/layout-core/authors";
import { wasClosed } from "@ocilayout/oci-backend";
import { RegistryError } from "@ocilayout/oci-types";

import { truncated } from "./errors.ts";

/** A part of a file. */
export interface FilePart {
  /** The offset of its first byte. */
  readonly start: number;
  /** The offset after its last byte. */
  readonly end: number;
}

/** The right to read a file once. */
export interface FileHold {
  /** Reads a part in chunks. The part must be in the file. Ending the iterator frees the file. */
  read(part: FilePart, reading: ContentReading): AsyncIterableIterator<Uint8Array, undefined>;
  /** Frees the file, if `read` was not called. */
  close(): Promise<void>;
}

/** Do not wait for the other end of a pipe. */
const FLAGS = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK;

/**
 * A file that is open for reading, and must not change. Reads by several readers share its descriptor. After each read it
 * compares the stamp of the file with that of its opening, so bytes of another state are never returned.
 */
export class ArchiveFile {
  /** The size in bytes. */
  readonly size: number;
  readonly #held: HeldFile;
  readonly #stamp: string;
  readonly #onClose: (() => void) | undefined;
  #holds = 0;
  #isClosed = false;

  /**
   * Takes an open file, and closes it when it is no longer used.
   *
   * @param onClose - Called after the file is closed.
   */
  constructor(file: OpenFile, onClose?: () => void) {
    const stats = fs.fstatSync(file, { bigint: true });
    this.size = Number(stats.size);
    this.#held = { file };
    this.#stamp = stampOf(stats);
    this.#onClose = onClose;
    closeWithOwner(this, this.#held);
  }

  /**
   * Opens a file. Links on the way to it are followed.
   *
   * @throws `RegistryError` `ARCHIVE_INVALID` if it is not a regular file, `STORAGE_FAILED` if it cannot be opened.
   */
  static async open(path: string): Promise<ArchiveFile> {
    try {
      const file = await nodeDisk.open(path, FLAGS);
      if (fs.fstatSync(file).isFile()) return new ArchiveFile(file);
      await closeQuietly(nodeDisk, file);
    } catch (error) {
      throw storageError(error, "open the archive");
    }
    throw new RegistryError("ARCHIVE_INVALID", "cannot read the archive: it is not a regular file");
  }

  /**
   * Reads `length` bytes at once. For small reads, waiting for another thread takes longer than the read. Call
   * {@link ArchiveFile.requireUnchanged} after the last of several reads.
   *
   * @param into - Memory with that length that receives the bytes. Defaults to new memory.
   * @throws `RegistryError` `ARCHIVE_INVALID` if the file is shorter.
   */
  readNow(offset: number, length: number, into?: Uint8Array): Uint8Array {
    const file = this.#requireOpen();
    const buffer = into ?? Buffer.allocUnsafeSlow(length);
    let done = 0;
    try {
      while (done < length) {
        const count = fs.readSync(file, buffer, done, length - done, offset + done);
        if (count === 0) break;
        done += count;
      }
    } catch (error) {
      throw storageError(error, "read the archive");
    }
    if (done < length) throw truncated(offset + done);
    return buffer;
  }

  /** @throws `RegistryError` `CONTENT_CORRUPT` if the file has changed since it was opened. */
  requireUnchanged(): void {
    const { file } = this.#held;
    if (file === undefined || stampOf(fs.fstatSync(file, { bigint: true })) === this.#stamp) return;
    throw new RegistryError("CONTENT_CORRUPT", "the archive was changed or replaced after it was opened");
  }

  /** Reads a part in chunks. The part must be in the file. Ending the iterator frees it. */
  read(part: FilePart, reading: ContentReading): AsyncIterableIterator<Uint8Array, undefined> {
    return this.hold().read(part, reading);
  }

  /** Keeps the file open for one read, also if the archive is closed before it begins. */
  hold(): FileHold {
    const file = this.#requireOpen();
    this.#holds += 1;
    const close = async (): Promise<void> => {
      this.#holds -= 1;
      await this.#closeIfUnused();
    };
    const disk = {
      read: async (_file: OpenFile, into: Uint8Array, position: number): Promise<number> => {
        const count = await nodeDisk.read(file, into, position);
        this.requireUnchanged();
        return count;
      },
      close,
    };
    return { close, read: (part, reading) => readFileChunks(disk, { file }, part, reading) };
  }

  /** Allows no more reads, and closes the file after the last one has ended. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#closeIfUnused();
  }

  async #closeIfUnused(): Promise<void> {
    const { file } = this.#held;
    if (!this.#isClosed || this.#holds > 0 || file === undefined) return;
    this.#held.file = undefined;
    await closeQuietly(nodeDisk, file);
    this.#onClose?.();
  }

  #requireOpen(): OpenFile {
    const { file } = this.#held;
    if (this.#isClosed || file === undefined) throw wasClosed("this archive");
    return file;
  }
}
