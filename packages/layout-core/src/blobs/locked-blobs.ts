import { closeQuietly } from "../disk/atomic-file.ts";
import type { Disk } from "../disk/disk.ts";
import { isFileFault } from "../disk/disk.ts";
import type { FileClock } from "../disk/file-clock.ts";
import type { HeldLock } from "../lock/lock.ts";
import type { BlobFiles, OpenBlob } from "./blob-files.ts";
import type { BlobStaging, StagedBlob } from "./blob-staging.ts";

/** The collaborators and settings of {@link LockedBlobs}. */
export interface LockedBlobsParts {
  readonly disk: Disk;
  readonly blobs: BlobFiles;
  readonly staging: BlobStaging;
  readonly clock: FileClock;
  /** Whether changes survive a power failure. */
  readonly durable: boolean;
}

/** The expected digest and size of a blob. */
type Expected = Pick<StagedBlob, "digest" | "size">;

/**
 * Operations on blobs that need the layout's lock. Without it, a garbage collection could run between the check of a
 * file and its use. A {@link HeldLock} is the proof.
 */
export class LockedBlobs {
  readonly #parts: LockedBlobsParts;

  constructor(_proof: HeldLock, parts: LockedBlobsParts) {
    this.#parts = parts;
  }

  /** Makes a blob of staged content. An intact file with its name is kept; any other file is replaced. */
  async ensure(staged: StagedBlob): Promise<void> {
    const { staging } = this.#parts;
    if (await this.keep(staged)) await staging.drop(staged);
    else await staging.place(staged);
  }

  /** {@link ensure} for content that was verified already. It is written only if no intact file has its name. */
  async ensureBytes(expected: Expected, content: Uint8Array): Promise<void> {
    if (await this.keep(expected)) return;
    const { staging } = this.#parts;
    const staged = await staging.stageBytes(expected, content);
    await staging.orDrop(staged, () => staging.place(staged));
  }

  /**
   * Makes a stored blob count as written now. Its time is renewed or, if the file belongs to another user, a copy
   * replaces it.
   *
   * @returns Whether the blob exists.
   */
  async renew(expected: Expected): Promise<boolean> {
    if (await this.#renew(expected.digest, ({ size }) => size === expected.size)) return true;
    const { blobs, staging } = this.#parts;
    const path = await blobs.realPath(expected.digest);
    if (path === undefined || (await blobs.size(expected.digest)) !== expected.size) return false;
    // A copy, not a link: renaming a file to another name of the same file does nothing.
    const copy = await staging.stageCopy(path, expected);
    await staging.orDrop(copy, () => staging.place(copy));
    return true;
  }

  /**
   * Makes a stored blob count as written now, if it still is the open file `blob` in the state `stamp`.
   *
   * @returns Whether it is. False also if its time cannot be set, because it belongs to another user.
   */
  async renewUnchanged(digest: StagedBlob["digest"], blob: OpenBlob, stamp: string): Promise<boolean> {
    if (this.#parts.blobs.stamp(digest) !== stamp) return false;
    try {
      await this.#renewFile({ digest }, blob);
      return true;
    } catch (error) {
      if (isFileFault(error)) return false;
      throw error;
    }
  }

  /** Keeps and renews the file with the blob's name if it is intact. Returns whether it was kept. */
  keep({ digest, size }: Expected): Promise<boolean> {
    return this.#renew(
      digest,
      async (stored) => stored.size === size && (await this.#parts.blobs.isIntact(stored, digest)),
    );
  }

  /** Makes the names of all blobs durable that a manifest may refer to. */
  syncNames(): Promise<void> {
    return this.#parts.staging.syncNames();
  }

  /** Removes a stored blob. The caller makes that durable, with `Layout.syncRemoved`. */
  async remove(digest: StagedBlob["digest"]): Promise<void> {
    const { disk, blobs } = this.#parts;
    await blobs.directoryFor(digest);
    await disk.unlink(blobs.path(digest));
  }

  /** Renews the time of a blob if `isGood` accepts it. Returns whether the blob was renewed. */
  async #renew(
    digest: StagedBlob["digest"],
    isGood: (blob: OpenBlob) => boolean | Promise<boolean>,
  ): Promise<boolean> {
    const { disk, blobs } = this.#parts;
    let blob: OpenBlob | undefined;
    try {
      blob = await blobs.open(digest);
      if (blob === undefined || !(await isGood(blob))) return false;
      await this.#renewFile({ digest }, blob);
      return true;
    } catch (error) {
      // A file that cannot be read, or whose time cannot be set, is replaced by one of this user.
      if (isFileFault(error)) return false;
      throw error;
    } finally {
      if (blob !== undefined) await closeQuietly(disk, blob.file);
    }
  }

  /** Sets the time of a blob's file to now, and makes the file and its name durable. */
  async #renewFile(stored: Pick<StagedBlob, "digest">, { file }: OpenBlob): Promise<void> {
    const { disk, staging, clock, durable } = this.#parts;
    await clock.renew(file);
    if (durable) await disk.sync(file);
    await staging.syncName(stored);
  }
}
