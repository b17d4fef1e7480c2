import { isRegistryError } from "@ocilayout/oci-types";

import type { Transport } from "../../transport/transport.ts";
import type { Account } from "../account.ts";
import type { Credentials } from "../credentials.ts";
import { SharedCalls } from "../shared-calls.ts";
import type { Time } from "../time.ts";
import { BoundedMap } from "../bounded-map.ts";
import type { TokenWish } from "./token-request.ts";
import { requestToken } from "./token-server.ts";
import type { Token } from "./token.ts";
import { createToken } from "./token.ts";

/** The maximum number of tokens that are kept for one registry. The least recently used is forgotten. */
const MAX_TOKENS = 256;

/** A token that is refused this soon is not replaced, in milliseconds: the next one would be refused too. */
const FRESH_MS = 10_000;

/** Settings of {@link Tokens}. */
export interface TokensOptions {
  readonly account: Account;
  readonly transport: Transport;
  readonly time: Time;
}

/** The tokens of one registry, by token server, service and set of scopes. */
export class Tokens {
  readonly #options: TokensOptions;
  readonly #tokens: BoundedMap<Token> = new BoundedMap(MAX_TOKENS);
  readonly #calls: SharedCalls<Token> = new SharedCalls();

  constructor(options: TokensOptions) {
    this.#options = options;
  }

  /** Returns a token. Requests it unless there is one that lasts for a while; calls for the same token share one request. */
  async get(wish: TokenWish, signal: AbortSignal | undefined): Promise<Token> {
    const key = keyOf(wish);
    const known = this.#tokens.get(key);
    if (known !== undefined && this.#options.time.now() < known.renewAt) return known;
    return this.#calls.run(
      key,
      async (shared) => {
        const token = await this.#request(wish, shared);
        this.#tokens.set(key, token);
        return token;
      },
      signal,
    );
  }

  /**
   * Learns that a token was refused, and forgets it. Returns a token that is so new that the next one would be refused too; it
   * is kept.
   */
  refuse(wish: TokenWish, value: string): Token | undefined {
    const known = this.#tokens.get(keyOf(wish));
    if (known?.value !== value) return undefined;
    if (this.#options.time.now() < Math.min(known.renewAt, known.receivedAt + FRESH_MS)) return known;
    this.forget(wish, value);
    return undefined;
  }

  /** Forgets a token. */
  forget(wish: TokenWish, value: string): void {
    const key = keyOf(wish);
    if (this.#tokens.get(key)?.value === value) this.#tokens.delete(key);
  }

  async #request(wish: TokenWish, signal: AbortSignal): Promise<Token> {
    const { account } = this.#options;
    const credentials = wish.realm.mayHaveCredentials
      ? await account.get(wish.repository, signal)
      : undefined;
    try {
      return await this.#requestWith(wish, credentials, signal);
    } catch (error) {
      // A source may have newer credentials by now: those of some registries last for hours only.
      const isRefused = credentials !== undefined && isRegistryError(error, "UNAUTHORIZED");
      if (!isRefused || !(await account.renew(wish.repository, credentials, signal))) throw error;
      return this.#requestWith(wish, await account.get(wish.repository, signal), signal);
    }
  }

  async #requestWith(
    wish: TokenWish,
    credentials: Credentials | undefined,
    signal: AbortSignal,
  ): Promise<Token> {
    const { account, time } = this.#options;
    const began = time.now();
    const answer = await requestToken(wish, credentials, this.#options, signal);
    if (answer.refreshToken !== undefined && credentials !== undefined && "identityToken" in credentials)
      account.rotate(credentials.identityToken, answer.refreshToken);
    return createToken(answer, began, credentials === undefined);
  }
}

function keyOf({ realm, service, scopes, repository }: TokenWish): string {
  return JSON.stringify([realm.url.href, service, repository, scopes]);
}
