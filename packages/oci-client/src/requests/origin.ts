import { isLoopback } from "../transport/addresses.ts";

/**
 * Returns the origin of a registry.
 *
 * @param host - The host, with its port if it has one.
 * @param insecure - Whether to use plain HTTP. Defaults to true for this machine, and to false for others.
 * @throws TypeError if the host is not a host.
 */
export function originOf(host: string, insecure?: boolean): URL {
  const secure = `https://${host}`;
  if (!URL.canParse(secure)) throw invalidHost();
  const url = new URL(secure);
  if (url.href !== `${url.origin}/`) throw invalidHost();
  if (!(insecure ?? isLoopback(url.hostname))) return url;
  return new URL(`http://${host}`);
}

function invalidHost(): TypeError {
  return new TypeError("host is not a host with an optional port");
}

/**
 * Rejects an origin that would send credentials and content in plain text.
 *
 * @throws TypeError if it is plain HTTP to another machine, and `insecure` is not true.
 */
export function requireSecure(origin: URL, insecure: boolean | undefined): void {
  if (!["http:", "https:"].includes(origin.protocol))
    throw new TypeError("origin is not an http: or https: address");
  if (origin.protocol === "http:" && insecure !== true && !isLoopback(origin.hostname))
    throw new TypeError("plain HTTP to another machine needs the option insecure");
}
