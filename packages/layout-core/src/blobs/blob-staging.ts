import { dirname, join } from "node:path";

import { wrongDigest, wrongSize } from "@ocilayout/oci-backend";
import { digestAlgorithms, type BlobDescriptor, type CheckedDigest } from "@ocilayout/oci-types";
import type { BlobChunks } from "@ocilayout/oci-types/authors";
import { createHasher, isUnshared, requireDigest } from "@ocilayout/oci-types/authors";

import { closeQuietly, ensureDirectory, removeQuietly } from "../disk/atomic-file.ts";
import type { BlobFiles } from "./blob-files.ts";
import { ChunkWriter } from "./chunk-writer.ts";
import { afterCommit } from "../disk/committed.ts";
import type { Disk, OpenFile } from "../disk/disk.ts";
import { hasNoLinks, isAbsent } from "../disk/disk.ts";
import { EarlySync } from "./early-sync.ts";
import type { FileClock } from "../disk/file-clock.ts";
import type { LayoutPaths } from "../disk/layout-files.ts";
import { ownNames } from "../disk/layout-files.ts";
import { createIn, makeDirectory, requireUnmoved } from "../disk/own-directory.ts";
import type { OwnDirectory } from "../disk/own-directory.ts";
import { ownedName } from "../disk/owned-name.ts";
import { changeNames, syncInDoubt } from "../disk/sync-directory.ts";
import { renewStaged } from "./renew-file.ts";

/** A blob that is written and verified, but does not have its final name yet. */
export interface StagedBlob {
  readonly digest: CheckedDigest;
  readonly size: number;
  readonly temporary: string;
  /**
   * A time before the file got its date, by the monotonic clock of this process, in milliseconds. `undefined` if the file
   * may be old.
   */
  readonly since?: number | undefined;
}

/** A file whose date is at most this old is not dated again when it becomes a blob, in milliseconds. */
const FRESH_MS = 1_000;

/** Adds blobs to a layout: writes them to temporary files, verifies them, and renames them. */
export class BlobStaging {
  readonly #disk: Disk;
  readonly #paths: LayoutPaths;
  readonly #blobs: BlobFiles;
  readonly #durable: boolean;
  readonly #clock: FileClock;

  /** @param settings - Whether placed blobs survive a power failure, and the clock that dates them. */
  constructor(
    disk: Disk,
    paths: LayoutPaths,
    blobs: BlobFiles,
    settings: { readonly durable: boolean; readonly clock: FileClock },
  ) {
    this.#disk = disk;
    this.#paths = paths;
    this.#blobs = blobs;
    this.#durable = settings.durable;
    this.#clock = settings.clock;
  }

  /**
   * Writes content to a temporary file and verifies it. The content is closed in any case.
   *
   * @throws `RegistryError` `DIGEST_INVALID` or `SIZE_INVALID` if it does not match `expected`.
   */
  async stage(
    expected: BlobDescriptor,
    chunks: BlobChunks,
    signal: AbortSignal | undefined,
  ): Promise<StagedBlob> {
    try {
      const { algorithm, digest } = requireDigest(expected.digest);
      return await this.#fill(digest, async (file) => {
        const early = new EarlySync(this.#disk, file, this.#durable);
        const hasher = createHasher(algorithm);
        const look = (block: Uint8Array): void => {
          hasher.update(block);
        };
        const writer = new ChunkWriter(this.#disk, file, look, expected.size);
        const unshared = isUnshared(chunks);
        try {
          for await (const chunk of chunks) {
            if (expected.size !== undefined && writer.size + chunk.length > expected.size) {
              throw wrongSize(expected.size);
            }
            await (unshared ? writer.addUnshared(chunk) : writer.add(chunk));
            early.wrote(chunk.length);
          }
          await writer.end();
          requireMatch(expected, digest, writer.size, `${algorithm}:${await hasher.digest()}`);
          await early.end();
          signal?.throwIfAborted();
          return writer.size;
        } finally {
          await writer.settle();
          await early.settle();
        }
      });
    } finally {
      await chunks.return();
    }
  }

  /** Writes content that was verified already to a temporary file. */
  async stageBytes(
    { digest, size }: Pick<StagedBlob, "digest" | "size">,
    content: Uint8Array,
  ): Promise<StagedBlob> {
    return this.#fill(digest, async (file) => {
      await this.#disk.write(file, content);
      if (this.#durable) await this.#disk.sync(file);
      return size;
    });
  }

  /**
   * Creates a temporary file, lets `write` fill it, and closes it. Removes the file if `write` fails.
   *
   * @param write - Returns the size of the content, in bytes.
   */
  async #fill(digest: CheckedDigest, write: (file: OpenFile) => Promise<number>): Promise<StagedBlob> {
    const since = performance.now();
    const uploads = await this.#uploads();
    const name = `${ownedName()}.blob`;
    const temporary = join(uploads.path, name);
    const file = await createIn(this.#disk, uploads, name);
    try {
      try {
        return { digest, size: await write(file), temporary, since };
      } finally {
        // Nothing is freed: the file still has its name.
        await closeQuietly(this.#disk, file, true);
      }
    } catch (error) {
      await removeQuietly(this.#disk, temporary);
      throw error;
    }
  }

  /**
   * Stages the file `path` as a link to it. If it cannot be linked, or belongs to another user and cannot be renewed,
   * it is copied if `how` is `"copy"`. Returns `undefined` if the file is not staged, is missing or has another size.
   */
  async stageFile(
    path: string,
    { digest, size }: Pick<StagedBlob, "digest" | "size">,
    how: "link" | "copy",
  ): Promise<StagedBlob | undefined> {
    const uploads = await this.#uploads();
    const temporary = join(uploads.path, `${ownedName()}.blob`);
    const staged = { digest, size, temporary };
    try {
      if (!(await this.#link(path, temporary))) {
        if (how === "link") return undefined;
        await this.#copy(path, temporary);
      }
      requireUnmoved(this.#disk, uploads);
    } catch (error) {
      await this.drop(staged);
      if (isAbsent(error)) return undefined;
      throw error;
    }
    const stats = this.#disk.lstatNow(temporary);
    if (stats?.isFile() === true && Number(stats.size) === size) return staged;
    await this.drop(staged);
    return undefined;
  }

  /** Links a file and renews it. Returns whether both were possible. */
  async #link(path: string, temporary: string): Promise<boolean> {
    try {
      await this.#disk.link(path, temporary);
    } catch (error) {
      if (hasNoLinks(error)) return false;
      throw error;
    }
    if (await renewStaged(this.#disk, this.#clock, temporary, this.#durable)) return true;
    await this.#disk.unlink(temporary);
    return false;
  }

  /** Stages a new copy of the file `path`. */
  async stageCopy(path: string, blob: Pick<StagedBlob, "digest" | "size">): Promise<StagedBlob> {
    const staged = { ...blob, temporary: await this.#temporaryPath() };
    await this.orDrop(staged, () => this.#copy(path, staged.temporary));
    return staged;
  }

  async #copy(path: string, temporary: string): Promise<void> {
    await this.#disk.copy(path, temporary);
    await renewStaged(this.#disk, this.#clock, temporary, this.#durable);
  }

  /** Removes a staged blob that is not needed. */
  async drop(staged: StagedBlob): Promise<void> {
    await removeQuietly(this.#disk, staged.temporary);
  }

  /** Runs `run`, which makes a blob of `staged`. If it fails, `staged` is removed. */
  async orDrop(staged: StagedBlob, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      await this.drop(staged);
      throw error;
    }
  }

  /** Whether something has the final name of the blob. */
  isTaken({ digest }: Pick<StagedBlob, "digest">): boolean {
    return this.#blobs.isTaken(digest);
  }

  /** {@link move}, and then {@link syncName}. */
  async place(staged: StagedBlob, isNew?: boolean): Promise<void> {
    await this.move(staged, isNew);
    await this.syncName(staged);
  }

  /**
   * Renames a staged blob to its final name, replacing any file there. It counts as written now, however long it was
   * staged. The new name is not durable yet.
   *
   * @param isNew - Whether the caller saw that nothing has the name. Defaults to false.
   */
  async move(staged: StagedBlob, isNew?: boolean): Promise<void> {
    const path = this.#blobs.path(staged.digest);
    const directory = await this.#blobs.directoryFor(staged.digest);
    if (!directory.exists) await ensureDirectory(this.#disk, directory.path, this.#durable);
    await changeNames(this.#disk, directory.path, this.#durable, async () => {
      if (isFresh(staged) || (await renewStaged(this.#disk, this.#clock, staged.temporary, false)))
        await this.#disk.rename(staged.temporary, path, isNew);
      else await this.#placeCopy(staged, path);
    });
  }

  /** Makes the name of a blob durable, if names in its directory may not be. */
  async syncName({ digest }: Pick<StagedBlob, "digest">): Promise<void> {
    if (!this.#durable) return;
    const directory = dirname(this.#blobs.path(digest));
    await afterCommit("the blob was stored", async () => {
      await syncInDoubt(this.#disk, dirname(directory));
      await syncInDoubt(this.#disk, directory);
    });
  }

  /** Makes the names of all blobs durable that may not be. */
  async syncNames(): Promise<void> {
    if (!this.#durable) return;
    await syncInDoubt(this.#disk, this.#paths.blobs);
    for (const algorithm of digestAlgorithms)
      await syncInDoubt(this.#disk, join(this.#paths.blobs, algorithm));
  }

  /** Places a copy of an upload that another user began, because that user owns its file. */
  async #placeCopy(staged: StagedBlob, path: string): Promise<void> {
    const copy = { ...staged, temporary: await this.#temporaryPath() };
    await this.orDrop(copy, async () => {
      await this.#copy(staged.temporary, copy.temporary);
      await this.#disk.rename(copy.temporary, path);
    });
    await this.drop(staged);
  }

  async #temporaryPath(): Promise<string> {
    return join((await this.#uploads()).path, `${ownedName()}.blob`);
  }

  #uploads(): Promise<OwnDirectory> {
    return makeDirectory(this.#disk, this.#paths.uploads, ownNames.uploads, this.#durable);
  }
}

/** Whether the date of a staged file is that of a moment ago. */
function isFresh({ since = -Infinity }: StagedBlob): boolean {
  return performance.now() - since < FRESH_MS;
}

/** Fails if content does not match its expected size and digest. */
export function requireMatch(expected: BlobDescriptor, digest: string, size: number, received: string): void {
  if (expected.size !== undefined && size !== expected.size) throw wrongSize(expected.size, size);
  if (received !== digest) throw wrongDigest(digest, received);
}
