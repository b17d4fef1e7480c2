import { dirname } from "node:path";

import { closeQuietly, syncDirectory } from "../disk/atomic-file.ts";
import { afterCommit } from "../disk/committed.ts";
import type { Disk } from "../disk/disk.ts";
import { isFileFault } from "../disk/disk.ts";
import type { FileClock } from "../disk/file-clock.ts";
import type { HeldLock } from "../lock/lock.ts";
import type { BlobFiles, OpenBlob } from "./blob-files.ts";
import type { BlobStaging, StagedBlob } from "./blob-staging.ts";

/** What {@link LockedBlobs} works with. */
export interface LockedBlobsParts {
  readonly disk: Disk;
  readonly blobs: BlobFiles;
  readonly staging: BlobStaging;
  readonly clock: FileClock;
  /** Whether what is changed survives a loss of power. */
  readonly durable: boolean;
}

/** What a blob must be. */
type Expected = Pick<StagedBlob, "digest" | "size">;

/**
 * The changes of blobs that need the layout's lock: without it a collection could come between the look at a file and its
 * use. So each needs a {@link HeldLock} to be made.
 */
export class LockedBlobs {
  readonly #parts: LockedBlobsParts;

  constructor(_proof: HeldLock, parts: LockedBlobsParts) {
    this.#parts = parts;
  }

  /** Makes what was staged a blob: keeps the file that has its name, if that is good, else replaces it. */
  async ensure(staged: StagedBlob): Promise<void> {
    const { staging } = this.#parts;
    if (await this.#keep(staged)) await staging.drop(staged);
    else await staging.place(staged);
  }

  /** {@link ensure} of content that was verified before: it is written only if no good file has its name. */
  async ensureBytes(expected: Expected, content: Uint8Array): Promise<void> {
    if (await this.#keep(expected)) return;
    const { staging } = this.#parts;
    const staged = await staging.stageBytes(expected, content);
    await staging.orDrop(staged, () => staging.place(staged));
  }

  /**
   * Makes a stored blob count as written now: its time is renewed or, where that is somebody else's file, a copy takes its
   * place.
   *
   * @returns Whether the blob is there.
   */
  async renew(expected: Expected): Promise<boolean> {
    if (await this.#renew(expected.digest, ({ size }) => size === expected.size)) return true;
    const { blobs, staging } = this.#parts;
    const path = await blobs.realPath(expected.digest);
    if (path === undefined || (await blobs.size(expected.digest)) !== expected.size) return false;
    // Not a link: to give a file the name that it has does nothing.
    const copy = await staging.stageCopy(path, expected);
    await staging.orDrop(copy, () => staging.place(copy));
    return true;
  }

  /**
   * Removes a stored blob.
   *
   * @param onRemoved - Called at once when the file is gone: what comes then can fail, and changes nothing about that.
   */
  async remove(digest: StagedBlob["digest"], onRemoved: () => void = () => undefined): Promise<void> {
    const { disk, blobs, durable } = this.#parts;
    const path = blobs.path(digest);
    await blobs.directoryFor(digest);
    await disk.unlink(path);
    onRemoved();
    if (durable) await afterCommit("the blob was removed", () => syncDirectory(disk, dirname(path)));
  }

  /** Keeps the file that has the blob's name, if it is good: its time is renewed. Whether it was kept. */
  #keep({ digest, size }: Expected): Promise<boolean> {
    return this.#renew(
      digest,
      async (stored) => stored.size === size && (await this.#parts.blobs.isIntact(stored, digest)),
    );
  }

  /** Renews the time of a blob that is `good`. Whether it is, and is new now. */
  async #renew(
    digest: StagedBlob["digest"],
    isGood: (blob: OpenBlob) => boolean | Promise<boolean>,
  ): Promise<boolean> {
    const { disk, blobs, clock, durable } = this.#parts;
    let blob: OpenBlob | undefined;
    try {
      blob = await blobs.open(digest);
      if (blob === undefined || !(await isGood(blob))) return false;
      await clock.renew(blob.file);
      if (durable) await disk.sync(blob.file);
      return true;
    } catch (error) {
      // A file that cannot be read, or that belongs to another user and cannot be touched, is replaced by ours.
      if (isFileFault(error)) return false;
      throw error;
    } finally {
      if (blob !== undefined) await closeQuietly(disk, blob.file);
    }
  }
}
