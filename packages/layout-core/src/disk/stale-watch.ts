/** How many files are watched at most; the one that was looked at longest ago is forgotten first. */
const MOST = 1_000;

interface Seen {
  readonly stamp: string;
  readonly sinceMs: number;
}

/**
 * Knows for how long files did not change, by this process's own clock: the dates of a file say what other clocks say, and
 * may lie years ahead or behind.
 *
 * It lives longer than one call, so that a caller that waits for less than it takes can find out at a later call.
 */
export class StaleWatch {
  readonly #now: () => number;
  readonly #seen: Map<string, Seen> = new Map();

  /** @param now - A clock that is never set, in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * Takes note that the file `path` is `stamp` now.
   *
   * @returns For how long it is known not to have changed, in milliseconds.
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

/** The watch over files that cannot be parsed: one that another program is writing in place changes. */
export const tornWatch: StaleWatch = new StaleWatch();

/** The watch over the locks that this process waits for. */
export const lockWatch: StaleWatch = new StaleWatch();
