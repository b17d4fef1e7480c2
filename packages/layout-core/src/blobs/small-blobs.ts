import { markVerified } from "@ocilayout/oci-backend";
import type { CheckedDigest } from "@ocilayout/oci-types";
import { createHasher, requireDigest } from "@ocilayout/oci-types/authors";

import { closeQuietly } from "../disk/atomic-file.ts";
import type { BigIntStats, Disk } from "../disk/disk.ts";
import { isLocalDevice } from "../disk/local-file-system.ts";
import { readBounded, tryOpen } from "../disk/regular-file.ts";
import type { BlobFiles } from "./blob-files.ts";
import { FileCache } from "./file-cache.ts";

/** The largest blob that is read whole and kept in memory, in bytes. */
const SMALL_BYTES = 64 * 1024;

/** The small blobs of all layouts of this process, in 32 MiB. */
const cache: FileCache = new FileCache(32 * 1024 * 1024);

/**
 * Reads small blobs whole, and keeps them in memory while their files stay the same. Only for blobs on local file systems,
 * whose times can be trusted and whose files can be read at once.
 */
export class SmallBlobs {
  readonly #disk: Disk;
  readonly #blobs: BlobFiles;
  readonly #cache: FileCache;

  constructor(disk: Disk, blobs: BlobFiles, kept: FileCache = cache) {
    this.#disk = disk;
    this.#blobs = blobs;
    this.#cache = kept;
  }

  /**
   * Returns a small blob, which is shared and must not be changed. It is marked as verified if its bytes match its digest.
   *
   * @returns `undefined` if it must be opened as a file: it is large, missing, behind a link, or on another file system.
   */
  async read(digest: CheckedDigest): Promise<Uint8Array | undefined> {
    const path = this.#blobs.path(digest);
    if (this.#blobs.isBehindLink(digest)) return undefined;
    const stats = this.#disk.lstatNow(path);
    if (stats?.isFile() !== true || stats.size > SMALL_BYTES || !isLocalDevice(stats.dev, path))
      return undefined;
    return this.#cache.find(path, stats) ?? this.#read(path, stats, digest);
  }

  async #read(path: string, found: BigIntStats, digest: CheckedDigest): Promise<Uint8Array | undefined> {
    const opened = await tryOpen(this.#disk, path, "read", () => found);
    if (opened === undefined || "obstacle" in opened) return undefined;
    const { file, stats } = opened;
    let content: Uint8Array | "too large";
    try {
      content = await readBounded(this.#disk, file, Number(stats.size), SMALL_BYTES);
    } finally {
      await closeQuietly(this.#disk, file, stats.size <= SMALL_BYTES);
    }
    if (content === "too large") return undefined;
    const { algorithm } = requireDigest(digest);
    const hasher = createHasher(algorithm);
    hasher.update(content);
    if (`${algorithm}:${await hasher.digest()}` !== digest) return content;
    this.#cache.offer(path, stats, content);
    return markVerified(content);
  }
}
