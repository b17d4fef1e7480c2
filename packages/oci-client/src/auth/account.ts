import { BoundedMap } from "./bounded-map.ts";
import type { Credentials, CredentialSource } from "./credentials.ts";
import { requireCredentials } from "./require-credentials.ts";
import { SharedCalls } from "./shared-calls.ts";

/** The maximum number of repositories whose credentials are kept. */
const MAX_REPOSITORIES = 256;

/** The last answer of the source, and what it became by rotation. */
interface Known {
  readonly found: Credentials | undefined;
  readonly current: Credentials | undefined;
}

/** The credentials for one host, asked of their source when they are first needed. */
export class Account {
  readonly #host: string;
  readonly #source: CredentialSource | undefined;
  readonly #calls: SharedCalls<Credentials | undefined> = new SharedCalls();
  readonly #known: BoundedMap<Known> = new BoundedMap(MAX_REPOSITORIES);

  constructor(host: string, source: CredentialSource | undefined) {
    this.#host = host;
    this.#source = source;
  }

  /** Returns the credentials for a repository. Asks the source once; its errors are not kept. */
  async get(
    repository: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Credentials | undefined> {
    if (this.#source === undefined) return undefined;
    const known = this.#known.get(repository ?? "");
    return known === undefined ? this.#ask(this.#source, repository, signal) : known.current;
  }

  /** Asks the source again, because `refused` were refused. Returns whether the credentials are others now. */
  async renew(
    repository: string | undefined,
    refused: Credentials | undefined,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    if (this.#source === undefined) return false;
    const known = this.#known.get(repository ?? "");
    // Another call has renewed them meanwhile.
    if (known === undefined || !areEqual(known.current, refused)) return true;
    return !areEqual(await this.#ask(this.#source, repository, signal), refused);
  }

  /** Replaces an identity token by its successor, in memory. */
  rotate(identityToken: string, next: string): void {
    for (const [key, { found, current }] of this.#known.entries())
      if (current !== undefined && "identityToken" in current && current.identityToken === identityToken)
        this.#known.set(key, { found, current: { ...current, identityToken: next } });
  }

  async #ask(
    source: CredentialSource,
    repository: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Credentials | undefined> {
    const key = repository ?? "";
    return this.#calls.run(
      key,
      async (shared) => {
        const answer: unknown = await source(this.#host, { repository, signal: shared });
        const found = answer === undefined || answer === null ? undefined : requireCredentials(answer);
        const known = this.#known.get(key);
        // What the source has is older than what a token server made of it.
        const current = known !== undefined && areEqual(known.found, found) ? known.current : found;
        this.#known.set(key, { found, current });
        return current;
      },
      signal,
    );
  }
}

function areEqual(one: Credentials | undefined, other: Credentials | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
