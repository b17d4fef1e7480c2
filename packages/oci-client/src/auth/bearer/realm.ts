import { isLinkLocal, isPrivateAddress } from "../../transport/addresses.ts";

/** The token servers of registries that have them on another host. */
const KNOWN: ReadonlyMap<string, readonly string[]> = new Map([
  ["docker.io", ["auth.docker.io"]],
  ["registry.gitlab.com", ["gitlab.com"]],
]);

/** The maximum length of the address of a token server, in characters. */
const MAX_LENGTH = 2048;

/** The registry that named a token server, and what its caller allows. */
export interface RealmPolicy {
  /** The origin of the registry. */
  readonly origin: URL;
  /** The host that the credentials are for. */
  readonly host: string;
  /** Other hosts that may receive the credentials, each with its port if that is not the scheme's own. */
  readonly allowedRealms: readonly string[];
}

/** A token server, and whether it may receive the credentials. */
export interface Realm {
  readonly url: URL;
  /** Whether credentials may be sent there. If not, it is asked for an anonymous token. */
  readonly mayHaveCredentials: boolean;
  /** Whether the registry led to another host, whose name must not resolve to an address in the caller's network. */
  readonly isLed: boolean;
}

/**
 * Decides about the token server that a registry names:
 *
 * - Credentials go to the registry's own host, to the known token server of that registry, and to `allowedRealms`. The own host
 *   may have another port if it is a name. Each port of an address or of `localhost` may be another service.
 * - Any other public host is asked for an anonymous token only.
 * - Nothing is sent to a link-local address, to a private address that is not allowed, or over plain HTTP if the registry itself
 *   has HTTPS.
 *
 * @returns The reason if nothing may be sent.
 */
export function judgeRealm(realm: string, policy: RealmPolicy): Realm | string {
  const { origin } = policy;
  if (realm.length > MAX_LENGTH || !URL.canParse(realm)) return "its address is invalid";
  const url = new URL(realm);
  url.hash = "";
  if (!["https:", "http:"].includes(url.protocol) || url.username !== "" || url.password !== "")
    return "its address is invalid";
  if (url.protocol === "http:" && origin.protocol === "https:") return "it is plain HTTP";
  if (isLinkLocal(url.hostname)) return "its address is link-local";
  if (isOwn(url, origin)) return { url, mayHaveCredentials: true, isLed: false };
  if (isAllowed(url, policy)) return { url, mayHaveCredentials: true, isLed: false };
  if (isPrivateAddress(url.hostname)) return "its address is private";
  return { url, mayHaveCredentials: false, isLed: true };
}

function isOwn(url: URL, origin: URL): boolean {
  if (url.hostname !== origin.hostname) return false;
  return url.host === origin.host || !isAddress(url.hostname);
}

function isAddress(hostname: string): boolean {
  return /^\[|^[\d.]+$/.test(hostname) || isPrivateAddress(hostname);
}

function isAllowed(url: URL, { host, allowedRealms }: RealmPolicy): boolean {
  if (allowedRealms.some((allowed) => allowed.toLowerCase() === url.host)) return true;
  return url.protocol === "https:" && KNOWN.get(host)?.includes(url.host) === true;
}
