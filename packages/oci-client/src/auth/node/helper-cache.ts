import type { Credentials } from "../credentials.ts";

/** How long the answer of a helper is used again, in milliseconds. */
const KEPT_MS = 30_000;

/** The maximum number of answers that are kept. */
const MAX_ANSWERS = 64;

/**
 * Keeps the answers of helpers for half a minute: a helper answers for a host, and is asked anew for each repository of it.
 * Failures are not kept.
 */
export class HelperCache {
  readonly #answers: Map<string, { readonly found: Credentials | undefined; readonly until: number }> =
    new Map();

  /** Returns the kept answer, or that of `ask`. */
  async get(key: string, ask: () => Promise<Credentials | undefined>): Promise<Credentials | undefined> {
    const kept = this.#answers.get(key);
    if (kept !== undefined && performance.now() < kept.until) return kept.found;
    const found = await ask();
    if (this.#answers.size >= MAX_ANSWERS) this.#answers.clear();
    this.#answers.set(key, { found, until: performance.now() + KEPT_MS });
    return found;
  }
}
