/** How long work may begin in one turn of the event loop, in milliseconds. */
const SLICE_MS = 2;

/** The clock and the event loop. Tests pass their own. */
export interface EventLoop {
  now(): number;
  /** Calls `run` in the next turn of the event loop, after files and connections had theirs. */
  nextTurn(run: () => void): void;
}

const eventLoop: EventLoop = {
  now: () => performance.now(),
  nextTurn: (run) => {
    // Some platforms with `Request` and `Response` lack `setImmediate`.
    if (typeof setImmediate === "function") setImmediate(run);
    else setTimeout(run, 0);
  },
};

/**
 * Lets the clients take turns. Each piece of work, such as one chunk of a body, first waits for its turn:
 *
 * - While the turn of the event loop is short, the work begins at once.
 * - Otherwise it waits, and each turn of the event loop begins one piece of the next client.
 *
 * So a client with hundreds of requests delays another client by one of them, not by all.
 */
export class FairTurns {
  readonly #loop: EventLoop;
  /** The waiting work, by client. The client whose turn is next comes first. */
  readonly #waiting: Map<string | undefined, (() => void)[]> = new Map();
  #sliceBegan = Number.NEGATIVE_INFINITY;
  #isScheduled = false;

  constructor(loop: EventLoop = eventLoop) {
    this.#loop = loop;
  }

  /** Resolves when it is the turn of `client`. Requests of unknown clients share one turn. */
  async next(client: string | undefined): Promise<void> {
    if (this.#waiting.size === 0 && this.#loop.now() - this.#sliceBegan < SLICE_MS) return;
    await new Promise<void>((resolve) => {
      const pieces = this.#waiting.get(client);
      if (pieces === undefined) this.#waiting.set(client, [resolve]);
      else pieces.push(resolve);
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#loop.nextTurn(() => {
      this.#isScheduled = false;
      this.#sliceBegan = this.#loop.now();
      this.#resumeOne();
      if (this.#waiting.size > 0) this.#schedule();
    });
  }

  #resumeOne(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    const [client, pieces] = first;
    const resume = pieces.shift();
    this.#waiting.delete(client);
    if (pieces.length > 0) this.#waiting.set(client, pieces);
    resume?.();
  }
}
