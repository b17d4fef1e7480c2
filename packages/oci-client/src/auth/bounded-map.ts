/** A map that forgets its least recently used entry when it has too many. */
export class BoundedMap<Value> {
  readonly #entries: Map<string, Value> = new Map();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  /** Returns a value, which counts as used now. */
  get(key: string): Value | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, value);
    }
    return value;
  }

  /** Sets a value. */
  set(key: string, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#max) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }

  /** Returns a copy of the entries, the least recently used first. */
  entries(): readonly (readonly [string, Value])[] {
    return [...this.#entries];
  }

  /** Removes a value. */
  delete(key: string): void {
    this.#entries.delete(key);
  }
}
