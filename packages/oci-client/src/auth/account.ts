import { BoundedMap } from "./bounded-map.ts";
import type { Credentials, CredentialSource } from "./credentials.ts";
import { requireCredentials } from "./require-credentials.ts";
import { SharedCalls } from "./shared-calls.ts";

/** The maximum number of repositories whose credentials are kept. */
const MAX_REPOSITORIES = 256;

/** The maximum number of identity tokens whose successors are kept. */
const MAX_SUCCESSORS = 64;

/** The last answer of the source. */
interface Known {
  readonly found: Credentials | undefined;
}

/** The credentials for one host, asked of their source when they are first needed. */
export class Account {
  readonly #host: string;
  readonly #source: CredentialSource | undefined;
  readonly #calls: SharedCalls<Credentials | undefined> = new SharedCalls();
  readonly #known: BoundedMap<Known> = new BoundedMap(MAX_REPOSITORIES);
  /** The newest identity token for each older one. The source keeps giving the oldest. */
  readonly #successors: BoundedMap<string> = new BoundedMap(MAX_SUCCESSORS);

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
    return known === undefined ? this.#ask(this.#source, repository, signal) : this.#newest(known.found);
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
    if (known === undefined || !areEqual(this.#newest(known.found), refused)) return true;
    return !areEqual(await this.#ask(this.#source, repository, signal), refused);
  }

  /** Replaces an identity token by its successor, in memory. */
  rotate(identityToken: string, next: string): void {
    for (const [old, newest] of this.#successors.entries())
      if (newest === identityToken) this.#successors.set(old, next);
    this.#successors.set(identityToken, next);
  }

  #newest(found: Credentials | undefined): Credentials | undefined {
    if (found === undefined || !("identityToken" in found)) return found;
    const identityToken = this.#successors.get(found.identityToken);
    return identityToken === undefined ? found : { ...found, identityToken };
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
        this.#known.set(key, { found });
        return this.#newest(found);
      },
      signal,
    );
  }
}

function areEqual(one: Credentials | undefined, other: Credentials | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
