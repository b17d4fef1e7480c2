import type { BigIntStats } from "../disk/disk.ts";

/** How long a file must have been unchanged for its stamp to be trusted, in milliseconds. */
export const TRUSTED_MS = 2_000;

/** The memory that an entry takes beside its content, in bytes: its path, its stamp, and its place in the map. */
const ENTRY_BYTES = 512;

/** The least number of paths that are remembered after a first read. At most twice as many are. */
const SEEN = 4_096;

/** The members of a stat that change whenever a file is written, replaced or given other times. */
type Stamp = Pick<BigIntStats, "dev" | "ino" | "size" | "mtimeNs" | "ctimeNs">;

interface Entry {
  readonly stamp: Stamp;
  readonly content: Uint8Array;
}

/**
 * The content of files by path, in a bounded amount of memory. Content is found only while the stamp of its file is the
 * same. The times of a file count in units of up to two seconds, so a file can change without another stamp soon after it
 * was written. Such a file is not kept. No program can set `ctime`, so resetting `mtime` hides no change.
 *
 * A file is kept when it is read a second time, so that reading many files once drops nothing. The content least recently used
 * is dropped first.
 */
export class FileCache {
  readonly #most: number;
  readonly #now: () => number;
  readonly #entries: Map<string, Entry> = new Map();
  /** The paths that were read once: the latest, and those before. */
  #seen: Set<string> = new Set();
  #seenBefore: Set<string> = new Set();
  #bytes = 0;

  /**
   * @param most - The memory limit, in bytes.
   * @param now - The clock that dates the files, in milliseconds since 1970.
   */
  constructor(most: number, now: () => number = () => Date.now()) {
    this.#most = most;
    this.#now = now;
  }

  /** The memory in use, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Returns the content of the file `path` if `stats` are still those of the file. The caller must not change it. */
  find(path: string, stats: Stamp): Uint8Array | undefined {
    const entry = this.#entries.get(path);
    if (entry === undefined) return undefined;
    this.#entries.delete(path);
    if (isSame(entry.stamp, stats)) {
      this.#entries.set(path, entry);
      return entry.content;
    }
    this.#bytes -= sizeOf(entry);
    return undefined;
  }

  /**
   * Keeps the content of the file `path` if it was offered before. Nothing may change it afterwards.
   *
   * @param stats - The stats of the file before it was read.
   */
  offer(path: string, stats: Stamp, content: Uint8Array): void {
    this.drop(path);
    const { dev, ino, size, mtimeNs, ctimeNs } = stats;
    const changedMs = Number(mtimeNs > ctimeNs ? mtimeNs : ctimeNs) / 1e6;
    if (this.#now() - changedMs <= TRUSTED_MS || !this.#wasSeen(path)) return;
    const entry = { stamp: { dev, ino, size, mtimeNs, ctimeNs }, content };
    this.#entries.set(path, entry);
    this.#bytes += sizeOf(entry);
    for (const [oldest] of this.#entries) {
      if (this.#bytes <= this.#most) break;
      this.drop(oldest);
    }
  }

  /** Whether the file `path` was read before. Remembers that it was. */
  #wasSeen(path: string): boolean {
    if (this.#seen.delete(path) || this.#seenBefore.delete(path)) return true;
    this.#seen.add(path);
    if (this.#seen.size >= SEEN) {
      this.#seenBefore = this.#seen;
      this.#seen = new Set();
    }
    return false;
  }

  /** Drops the content of the file `path`. */
  drop(path: string): void {
    const entry = this.#entries.get(path);
    if (entry === undefined) return;
    this.#entries.delete(path);
    this.#bytes -= sizeOf(entry);
  }
}

function sizeOf({ content }: Entry): number {
  return content.length + ENTRY_BYTES;
}

function isSame(one: Stamp, other: Stamp): boolean {
  return (
    one.ino === other.ino &&
    one.ctimeNs === other.ctimeNs &&
    one.mtimeNs === other.mtimeNs &&
    one.size === other.size &&
    one.dev === other.dev
  );
}
