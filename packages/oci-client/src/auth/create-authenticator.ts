import { RegistryError } from "@ocilayout/oci-types";

import type { Transport, TransportResponse } from "../transport/transport.ts";
import { Account } from "./account.ts";
import type { Authenticator, Scope } from "./authenticator.ts";
import { basicAuthorization } from "./basic.ts";
import { BoundedMap } from "./bounded-map.ts";
import type { RealmPolicy } from "./bearer/realm.ts";
import { judgeRealm } from "./bearer/realm.ts";
import { scopeSet } from "./bearer/scope-set.ts";
import type { TokenWish } from "./bearer/token-request.ts";
import { Tokens } from "./bearer/tokens.ts";
import type { Challenge } from "./challenges.ts";
import { parseChallenges } from "./challenges.ts";
import type { Credentials, CredentialSource } from "./credentials.ts";
import type { Time } from "./time.ts";

/** Options of {@link createAuthenticator}. */
export interface AuthenticatorOptions {
  /** The origin of the registry. Credentials go there, and to its token server. */
  readonly origin: URL;
  /** The host that the credentials are asked for, with its port if it has one. For Docker Hub it is `docker.io`. */
  readonly host: string;
  /** Finds the credentials, when the registry first wants some. Defaults to none. */
  readonly credentials?: CredentialSource | undefined;
  /** Sends the requests to token servers. */
  readonly transport: Transport;
  /**
   * Other hosts that may receive the credentials as token servers, each with its port if that is not the scheme's own. Defaults
   * to none.
   */
  readonly allowedRealms?: readonly string[] | undefined;
  readonly time: Time;
}

/** The maximum number of sets of scopes whose challenge is remembered. */
const MAX_CHALLENGES = 256;

/** How to authenticate, as a challenge asked for. */
type Way = { readonly scheme: "basic" } | ({ readonly scheme: "bearer" } & TokenWish);

/**
 * Creates the authenticator of one registry. The first request is anonymous. Later ones answer the challenges so far.
 *
 * The methods reject with `RegistryError` `UNAUTHORIZED`, `DENIED`, `TOOMANYREQUESTS` or `REMOTE_FAILED`, with errors of the
 * source of credentials and of the transport, and with the signal's reason.
 */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  return new RegistryAuthenticator(options);
}

class RegistryAuthenticator implements Authenticator {
  readonly #policy: RealmPolicy;
  readonly #account: Account;
  readonly #tokens: Tokens;
  /** The last way for each set of scopes, and the last of all, which is tried for other sets. */
  readonly #ways: BoundedMap<Way> = new BoundedMap(MAX_CHALLENGES);
  #lastWay: Way | undefined;

  constructor({ origin, host, credentials, transport, allowedRealms = [], time }: AuthenticatorOptions) {
    this.#policy = { origin, host, allowedRealms };
    this.#account = new Account(host, credentials);
    this.#tokens = new Tokens({ account: this.#account, transport, time });
  }

  async authorization(scopes: readonly Scope[], signal?: AbortSignal): Promise<string | undefined> {
    const way = this.#wayFor(scopes);
    if (way === undefined) return undefined;
    const credentials = await this.#account.get(repositoryOf(scopes), signal);
    if (way.scheme === "basic") return basicOf(credentials);
    if (credentials !== undefined && "registryToken" in credentials)
      return `Bearer ${credentials.registryToken}`;
    const { value } = await this.#tokens.get(way, signal);
    return `Bearer ${value}`;
  }

  async challenged(
    response: Pick<TransportResponse, "header">,
    scopes: readonly Scope[],
    used: string | undefined,
    signal?: AbortSignal,
  ): Promise<boolean> {
    const challenges = parseChallenges(response.header("www-authenticate"));
    const bearer = challenges.find(isBearer);
    const isBasic = challenges.some(({ scheme }) => scheme === "basic");
    const realm = bearer && judgeRealm(bearer.parameters.get("realm") ?? "", this.#policy);
    const isOpen = typeof realm === "object" && realm.mayHaveCredentials;
    // The registry itself may always have the credentials.
    if (isBasic && !isOpen && (await this.#basicChallenged(scopes, used, signal))) return true;
    if (bearer === undefined || realm === undefined) return false;
    if (typeof realm === "string")
      throw new RegistryError(
        "UNAUTHORIZED",
        `cannot use the token server that the registry names: ${realm}`,
      );
    const service = bearer.parameters.get("service");
    const way = {
      realm,
      service,
      scopes: scopeSet(scopes, bearer.parameters.get("scope")),
      repository: repositoryOf(scopes),
    };
    return this.#bearerChallenged(way, scopes, used, signal);
  }

  async #basicChallenged(
    scopes: readonly Scope[],
    used: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const credentials = await this.#account.get(repositoryOf(scopes), signal);
    const header = basicOf(credentials);
    if (header === undefined) return false;
    this.#learn(scopes, { scheme: "basic" });
    return header !== used || this.#account.renew(repositoryOf(scopes), credentials, signal);
  }

  async #bearerChallenged(
    wish: TokenWish,
    scopes: readonly Scope[],
    used: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    this.#learn(scopes, { scheme: "bearer", ...wish });
    const [, token] = /^bearer (.*)$/i.exec(used ?? "") ?? [];
    if (token === undefined) return true;
    const credentials = await this.#account.get(repositoryOf(scopes), signal);
    if (credentials !== undefined && "registryToken" in credentials)
      return (
        token !== credentials.registryToken || this.#account.renew(repositoryOf(scopes), credentials, signal)
      );
    const refused = this.#tokens.refuse(wish, token);
    if (refused === undefined) return true;
    if (!refused.isAnonymous) return false;
    if (wish.realm.mayHaveCredentials && (await this.#account.renew(wish.repository, undefined, signal))) {
      this.#tokens.forget(wish, token);
      return true;
    }
    throw this.#wantsCredentials(wish, credentials);
  }

  #wantsCredentials({ realm }: TokenWish, credentials: Credentials | undefined): RegistryError {
    const { host } = this.#policy;
    return new RegistryError(
      "UNAUTHORIZED",
      credentials === undefined
        ? `the registry wants credentials, and none were found for ${host}`
        : `the registry wants credentials for ${host} at ${realm.url.host}: allow this host if you trust it`,
    );
  }

  #wayFor(scopes: readonly Scope[]): Way | undefined {
    const way = this.#ways.get(keyOf(scopes));
    if (way !== undefined || this.#lastWay === undefined) return way;
    return this.#lastWay.scheme === "basic"
      ? this.#lastWay
      : { ...this.#lastWay, scopes: scopeSet(scopes, undefined), repository: repositoryOf(scopes) };
  }

  #learn(scopes: readonly Scope[], way: Way): void {
    this.#ways.set(keyOf(scopes), way);
    this.#lastWay = way;
  }
}

function isBearer({ scheme, parameters }: Challenge): boolean {
  return scheme === "bearer" && parameters.has("realm");
}

function basicOf(credentials: Credentials | undefined): string | undefined {
  if (credentials === undefined || !("password" in credentials)) return undefined;
  return basicAuthorization(credentials.username, credentials.password);
}

/** Returns the repository whose credentials a request needs: the one that it writes to, if there are two. */
function repositoryOf(scopes: readonly Scope[]): string | undefined {
  const repositories = scopes.filter(({ type }) => type === "repository");
  return (repositories.find(({ actions }) => actions.includes("push")) ?? repositories[0])?.name;
}

function keyOf(scopes: readonly Scope[]): string {
  return JSON.stringify(scopeSet(scopes, undefined));
}
