import { onAbort } from "@ocilayout/oci-types/authors";

/** Runs several calls at once. The first failure aborts the signal that all of them share. */
export class Workers {
  readonly #limit: number;
  readonly #controller: AbortController = new AbortController();
  readonly #detach: () => void;

  constructor(limit: number, outer: AbortSignal | undefined) {
    outer?.throwIfAborted();
    this.#limit = limit;
    this.#detach =
      outer === undefined
        ? noop
        : onAbort(outer, () => {
            this.#controller.abort(outer.reason);
          });
  }

  /** Aborts when the caller's signal aborts, or when a call fails. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /**
   * Calls `run` for each item, a limited number at once. After a failure it starts no more calls, waits for those that
   * are running, and rejects with the first failure.
   */
  async each<Item>(items: Iterable<Item>, run: (item: Item) => Promise<void>): Promise<void> {
    const iterator = items[Symbol.iterator]();
    const { signal } = this.#controller;
    const work = async (): Promise<void> => {
      for (let next = iterator.next(); next.done !== true; next = iterator.next()) {
        signal.throwIfAborted();
        try {
          await run(next.value);
        } catch (error) {
          this.#controller.abort(error);
          throw error;
        }
      }
    };
    await Promise.allSettled(Array.from({ length: this.#limit }, work));
    // The reason is the first failure, or the caller's.
    signal.throwIfAborted();
  }

  /** Calls `run` for each item, as `each` does. Returns the results in the order of the items. */
  async map<Item, Result>(
    items: readonly Item[],
    run: (item: Item) => Promise<Result>,
  ): Promise<readonly Result[]> {
    const results: Result[] = [];
    await this.each(items.entries(), async ([at, item]) => {
      results[at] = await run(item);
    });
    return results;
  }

  /** Ends calls that are still running after a failure, and stops listening to the caller's signal. */
  close(): void {
    this.#detach();
    this.#controller.abort(new Error("the copy has ended"));
  }
}

function noop(): void {
  // Nothing to detach.
}
