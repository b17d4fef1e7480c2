/** The largest number of watched files. The one looked at longest ago is dropped first. */
const MOST = 1_000;

interface Seen {
  readonly stamp: string;
  readonly sinceMs: number;
}

/**
 * Measures how long files have not changed, by the clock of this process. The dates of a file come from other clocks,
 * which may be years ahead or behind.
 *
 * It outlives a call, so that a caller with a short timeout can find a file stale at a later call.
 */
export class StaleWatch {
  readonly #now: () => number;
  readonly #seen: Map<string, Seen> = new Map();

  /** @param now - A monotonic clock, in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * Records that the file `path` now has the stamp `stamp`.
   *
   * @returns How long it has had that stamp, in milliseconds.
   */
  unchangedMs(path: string, stamp: string): number {
    const now = this.#now();
    const before = this.#seen.get(path);
    const seen = before?.stamp === stamp ? before : { stamp, sinceMs: now };
    this.#seen.delete(path);
    this.#seen.set(path, seen);
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > MOST && oldest !== undefined) this.#seen.delete(oldest);
    return now - seen.sinceMs;
  }
}

/** The watch over files that cannot be parsed. A file that another program is writing in place changes. */
export const tornWatch: StaleWatch = new StaleWatch();

/** The watch over the locks that this process waits for. */
export const lockWatch: StaleWatch = new StaleWatch();
