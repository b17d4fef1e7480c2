import type { Credentials, CredentialSource } from "./credentials.ts";
import { requireCredentials } from "./require-credentials.ts";
import { SharedCalls } from "./shared-calls.ts";

/** The credentials for one host, asked of their source when they are first needed. */
export class Account {
  readonly #host: string;
  readonly #source: CredentialSource | undefined;
  readonly #calls: SharedCalls<Credentials | undefined> = new SharedCalls();
  /** The last answer of the source, and what it became by rotation. */
  #known: { readonly found: Credentials | undefined; current: Credentials | undefined } | undefined;

  constructor(host: string, source: CredentialSource | undefined) {
    this.#host = host;
    this.#source = source;
  }

  /** Returns the credentials. Asks the source once; its errors are not kept. */
  async get(signal: AbortSignal | undefined): Promise<Credentials | undefined> {
    if (this.#source === undefined) return undefined;
    return this.#known === undefined ? this.#ask(this.#source, signal) : this.#known.current;
  }

  /** Asks the source again, because `refused` were refused. Returns whether the credentials are others now. */
  async renew(refused: Credentials | undefined, signal: AbortSignal | undefined): Promise<boolean> {
    if (this.#source === undefined) return false;
    // Another call has renewed them meanwhile.
    if (this.#known === undefined || !areEqual(this.#known.current, refused)) return true;
    const current = await this.#ask(this.#source, signal);
    return !areEqual(current, refused);
  }

  /** Replaces an identity token by its successor, in memory. */
  rotate(identityToken: string, next: string): void {
    const current = this.#known?.current;
    if (this.#known === undefined || current === undefined || !("identityToken" in current)) return;
    if (current.identityToken === identityToken) this.#known.current = { ...current, identityToken: next };
  }

  async #ask(source: CredentialSource, signal: AbortSignal | undefined): Promise<Credentials | undefined> {
    return this.#calls.run(
      "",
      async (shared) => {
        const answer: unknown = await source(this.#host, { signal: shared });
        const found = answer === undefined || answer === null ? undefined : requireCredentials(answer);
        const isSame = this.#known !== undefined && areEqual(this.#known.found, found);
        const current = isSame ? this.#known?.current : found;
        this.#known = { found, current };
        return current;
      },
      signal,
    );
  }
}

function areEqual(one: Credentials | undefined, other: Credentials | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
