/** An amount that all clients share, such as memory, of which no client may take too much. */
export class FairPool {
  readonly #max: number;
  /** How much a client may have for each unit that is left. */
  readonly #ratio: number;
  readonly #taken: Map<string, number> = new Map();
  #used = 0;

  /**
   * @param max - What all clients may take together.
   * @param percent - What one client may take if it is alone.
   */
  constructor(max: number, percent: number) {
    this.#max = max;
    this.#ratio = percent >= 100 ? Number.POSITIVE_INFINITY : percent / (100 - percent);
  }

  /** What all clients have taken. */
  get used(): number {
    return this.#used;
  }

  /** What `client` has taken. */
  takenBy(client: string): number {
    return this.#taken.get(client) ?? 0;
  }

  /**
   * Takes `amount` for `client`, if it may have it: a client may have as much as is left, times a ratio. One client alone
   * gets `percent` of everything; the more clients there are, the less each gets; some is always left for the next
   * one. A client that has nothing may take what is left.
   *
   * @param client - Whom it counts for; `undefined` for a client that nothing is known about, which has no share.
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

  /** Gives back what {@link take} took. */
  give(client: string | undefined, amount: number): void {
    this.#used -= amount;
    if (client === undefined) return;
    const own = this.takenBy(client) - amount;
    if (own > 0) this.#taken.set(client, own);
    else this.#taken.delete(client);
  }
}
