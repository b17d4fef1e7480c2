/** How long work may begin in one turn of the event loop, in milliseconds. */
const SLICE_MS = 2;

/** The clock and the event loop. Tests pass their own. */
export interface EventLoop {
  now(): number;
  /** Calls `run` in the next turn of the event loop: files and connections have theirs first. */
  nextTurn(run: () => void): void;
}

const eventLoop: EventLoop = {
  now: () => performance.now(),
  nextTurn: (run) => {
    // Not every machine that has `Request` and `Response` has `setImmediate`.
    if (typeof setImmediate === "function") setImmediate(run);
    else setTimeout(run, 0);
  },
};

/**
 * Lets the work of clients begin in turn. Each piece of work, such as one chunk of a body, asks for its turn first. It begins
 * at once while the turn of the event loop is short. Otherwise it waits, and each turn of the event loop begins one piece of
 * the next client: a client with hundreds of requests delays another client by one of them, not by all.
 */
export class FairTurns {
  readonly #loop: EventLoop;
  /** What waits, by client. The client whose turn is next is first. */
  readonly #waiting: Map<string | undefined, (() => void)[]> = new Map();
  #sliceBegan = Number.NEGATIVE_INFINITY;
  #isScheduled = false;

  constructor(loop: EventLoop = eventLoop) {
    this.#loop = loop;
  }

  /** Resolves when `client` may go on. Requests of no known client share one turn. */
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
