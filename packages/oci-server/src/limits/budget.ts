import { FairPool } from "./fair-pool.ts";
import { HttpError } from "../http/http-error.ts";
import type { ServerLimits } from "../settings/options.ts";

/** A piece of memory above this size is large, in bytes. */
const LARGE_BYTES = 64 * 1024;

/** The size of each of two buffers for streamed content, in bytes, while memory is plentiful or scarce. */
const BUFFER_BYTES = { plentiful: 1024 * 1024, scarce: 16 * 1024 } as const;

/**
 * The resources that all clients share, and the share of each. Half of the memory is for large pieces, such as large
 * manifests. Clients that use all of it block no small request, and streams get smaller buffers.
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

  /** Returns the pool from which a piece of `bytes` is reserved. */
  memoryFor(bytes: number): FairPool {
    return bytes > LARGE_BYTES ? this.#large : this.#small;
  }

  /**
   * Starts the lease of one request of `client`.
   *
   * @throws {@link HttpError} 429 if there are too many requests.
   */
  enter(client: string | undefined): Lease {
    return new Lease(this, client);
  }
}

/** The resources that one request has taken from a {@link Budget}. */
export class Lease {
  readonly #budget: Budget;
  readonly #taken: { readonly pool: FairPool; readonly amount: number }[] = [];
  #client: string | undefined;
  #ended = false;

  constructor(budget: Budget, client: string | undefined) {
    this.#budget = budget;
    this.#client = client;
    this.#take(budget.requests, 1, "too many concurrent requests");
  }

  /** The client that the request counts for. */
  get client(): string | undefined {
    return this.#client;
  }

  /**
   * Counts the request for another client.
   *
   * @throws {@link HttpError} 429 if that client has too many requests.
   */
  moveTo(client: string): void {
    if (client === this.#client) return;
    if (!this.#budget.requests.take(client, 1)) throw tooMany("too many concurrent requests");
    this.#giveAll();
    this.#client = client;
    this.#taken.push({ pool: this.#budget.requests, amount: 1 });
  }

  /**
   * Counts a body that is received.
   *
   * @throws {@link HttpError} 429 if there are too many.
   */
  receive(): void {
    this.#take(this.#budget.bodies, 1, "too many concurrent uploads");
  }

  /**
   * Reserves `bytes` of memory.
   *
   * @throws {@link HttpError} 429 if there is too little.
   */
  hold(bytes: number): void {
    this.#take(this.#budget.memoryFor(bytes), bytes, "too little memory for more content at once");
  }

  /**
   * Reserves memory for two buffers for streamed content. Returns the size of each, in bytes.
   *
   * @param expected - The size of the content, if it is known.
   * @throws {@link HttpError} 429 if there is too little memory.
   */
  holdBuffers(expected: number = Number.POSITIVE_INFINITY): number {
    const plentiful = Math.min(BUFFER_BYTES.plentiful, expected);
    if (this.#tryTake(this.#budget.memoryFor(2 * plentiful), 2 * plentiful)) return plentiful;
    const scarce = Math.min(BUFFER_BYTES.scarce, expected);
    this.hold(2 * scarce);
    return scarce;
  }

  /** Returns all resources. Idempotent. */
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

/** Makes the error for a request beyond the limits of its client. */
export function tooMany(reason: string): HttpError {
  return new HttpError(429, "TOOMANYREQUESTS", reason);
}
