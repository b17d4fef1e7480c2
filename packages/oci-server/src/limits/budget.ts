import { FairPool } from "./fair-pool.ts";
import { HttpError } from "../http/http-error.ts";
import type { ServerLimits } from "../settings/options.ts";

/** An amount of memory from which on it counts as large, in bytes. */
const LARGE_BYTES = 64 * 1024;

/** How large each of two buffers is, for content that passes through, in bytes: while memory is plentiful, and else. */
const BUFFER_BYTES = { plentiful: 1024 * 1024, scarce: 32 * 1024 } as const;

/**
 * What all clients may take of a server together, and how much of it each. Half of the memory is for large pieces, such as
 * manifests of some size, so that clients that take all of it stop no small request; streams then get smaller buffers.
 */
export class Budget {
  readonly requests: FairPool;
  readonly bodies: FairPool;
  readonly #large: FairPool;
  readonly #small: FairPool;

  constructor({ maxRequests, maxUploads, maxHeldBytes, clientPercent }: ServerLimits) {
    this.requests = new FairPool(maxRequests, clientPercent);
    this.bodies = new FairPool(maxUploads, clientPercent);
    this.#large = new FairPool(maxHeldBytes / 2, clientPercent);
    this.#small = new FairPool(maxHeldBytes / 2, clientPercent);
  }

  /** The memory that a piece of `bytes` comes from. */
  memoryFor(bytes: number): FairPool {
    return bytes > LARGE_BYTES ? this.#large : this.#small;
  }

  /**
   * Begins what one request of `client` takes.
   *
   * @throws {@link HttpError} 429 if there are too many requests under way.
   */
  enter(client: string | undefined): Lease {
    return new Lease(this, client);
  }
}

/** What one request has taken of a {@link Budget}. */
export class Lease {
  readonly #budget: Budget;
  readonly #taken: { readonly pool: FairPool; readonly amount: number }[] = [];
  #client: string | undefined;
  #ended = false;

  constructor(budget: Budget, client: string | undefined) {
    this.#budget = budget;
    this.#client = client;
    this.#take(budget.requests, 1, "too many requests at once");
  }

  /** Who the request counts for. */
  get client(): string | undefined {
    return this.#client;
  }

  /** Lets the request, which has turned out to be another client's, count for that one. */
  moveTo(client: string): void {
    if (client === this.#client) return;
    if (!this.#budget.requests.take(client, 1)) throw tooMany("too many requests at once");
    this.#giveAll();
    this.#client = client;
    this.#taken.push({ pool: this.#budget.requests, amount: 1 });
  }

  /** Takes the place of a body that is received. */
  receive(): void {
    this.#take(this.#budget.bodies, 1, "too many uploads at once");
  }

  /** Takes memory for `bytes` bytes. */
  hold(bytes: number): void {
    this.#take(this.#budget.memoryFor(bytes), bytes, "too much is being sent and received at once");
  }

  /**
   * Takes memory for two buffers of content that passes through. Returns how large each may be, in bytes.
   *
   * @param expected - How much content there is, if that is known.
   */
  holdBuffers(expected: number = Number.POSITIVE_INFINITY): number {
    const plentiful = Math.min(BUFFER_BYTES.plentiful, expected);
    if (this.#tryTake(this.#budget.memoryFor(2 * plentiful), 2 * plentiful)) return plentiful;
    const scarce = Math.min(BUFFER_BYTES.scarce, expected);
    this.hold(2 * scarce);
    return scarce;
  }

  /** Gives everything back. Idempotent. */
  end(): void {
    this.#ended = true;
    this.#giveAll();
  }

  #take(pool: FairPool, amount: number, reason: string): void {
    if (!this.#tryTake(pool, amount)) throw tooMany(reason);
  }

  #tryTake(pool: FairPool, amount: number): boolean {
    if (this.#ended || !pool.take(this.#client, amount)) return false;
    this.#taken.push({ pool, amount });
    return true;
  }

  #giveAll(): void {
    for (const { pool, amount } of this.#taken.splice(0)) pool.give(this.#client, amount);
  }
}

/** The error of a request that asks for more than its client may have now. */
export function tooMany(reason: string): HttpError {
  return new HttpError(429, "TOOMANYREQUESTS", reason);
}
