/** A resource that all clients share, such as memory. It limits the share of each client. */
export class FairPool {
  readonly #max: number;
  /** The share of a client for each unit that is left. */
  readonly #ratio: number;
  readonly #taken: Map<string, number> = new Map();
  #used = 0;

  /**
   * @param max - The total amount.
   * @param percent - The share of a client while it is alone, in percent.
   */
  constructor(max: number, percent: number) {
    this.#max = max;
    this.#ratio = percent >= 100 ? Number.POSITIVE_INFINITY : percent / (100 - percent);
  }

  /** The amount that all clients have taken. */
  get used(): number {
    return this.#used;
  }

  /** Returns the amount that `client` has taken. */
  takenBy(client: string): number {
    return this.#taken.get(client) ?? 0;
  }

  /**
   * Takes `amount` for `client`. Returns whether it did.
   *
   * A client can take as much as is left, times a ratio. A client that is alone gets `percent` of the total. The more
   * clients there are, the smaller the share, and something is left for the next one. A client without anything may
   * take all that is left.
   *
   * @param client - The client, or `undefined` for an unknown client, which has no share of its own.
   */
  take(client: string | undefined, amount: number): boolean {
    const left = this.#max - this.#used - amount;
    if (left < 0) return false;
    const own = client === undefined ? 0 : this.takenBy(client);
    if (own > 0 && own + amount > this.#ratio * left) return false;
    this.#used += amount;
    if (client !== undefined) this.#taken.set(client, own + amount);
    return true;
  }

  /** Returns an amount that {@link take} took. */
  give(client: string | undefined, amount: number): void {
    this.#used -= amount;
    if (client === undefined) return;
    const own = this.takenBy(client) - amount;
    if (own > 0) this.#taken.set(client, own);
    else this.#taken.delete(client);
  }
}
