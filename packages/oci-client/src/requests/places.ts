import { onAbort } from "@ocilayout/oci-types/authors";

import type { Clock } from "./clock.ts";

/** How long a transfer whose caller does nothing keeps its place, in milliseconds. */
const UNUSED_MS = 1000;

/**
 * Limits the requests to one registry that are under way. The others wait, in order.
 *
 * A transfer that its caller leaves alone for a second gives its place to the next request. Otherwise callers that hold a
 * response while they wait for another request would wait forever, such as a copy inside one registry.
 */
export class Places {
  readonly #clock: Clock;
  readonly #waiting: Set<() => void> = new Set();
  #free: number;

  constructor(max: number, clock: Clock) {
    this.#free = max;
    this.#clock = clock;
  }

  /** Resolves when there is a place. Rejects with the reason of `signal`. */
  async take(signal: AbortSignal): Promise<Place> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free -= 1;
    else await this.#wait(signal);
    return new Place(this.#clock, () => {
      this.#give();
    });
  }

  async #wait(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const begin = (): void => {
        forget();
        resolve();
      };
      const forget = onAbort(signal, () => {
        this.#waiting.delete(begin);
        forget();
        reject(signal.reason as Error);
      });
      this.#waiting.add(begin);
    });
  }

  #give(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free += 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}

/** The place of one request. */
export class Place {
  readonly #clock: Clock;
  #give: (() => void) | undefined;
  #forget: () => void = () => undefined;

  constructor(clock: Clock, give: () => void) {
    this.#clock = clock;
    this.#give = give;
  }

  /** Records that the caller has to do something for the transfer to go on. */
  unused(): void {
    this.#forget();
    if (this.#give === undefined) return;
    this.#forget = this.#clock.after(UNUSED_MS, () => {
      this.leave();
    });
  }

  /** Records that the transfer goes on. */
  used(): void {
    this.#forget();
  }

  /** Gives the place to the next request. Idempotent. */
  leave(): void {
    this.#forget();
    const give = this.#give;
    this.#give = undefined;
    give?.();
  }
}
