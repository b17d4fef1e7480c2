import { RegistryError } from "@ocilayout/oci-types";

import { isLoopback, isPrivateAddress } from "../transport/addresses.ts";
import { redactUrl } from "../transport/redact.ts";

/** Decides which addresses a response of a registry may send the client to. */
export class Targets {
  readonly #origin: URL;
  readonly #allowedHosts: ReadonlySet<string>;

  /**
   * @param origin - The origin of the registry.
   * @param allowedHosts - Hosts that may have a private address, each with its port if that is not the scheme's own.
   */
  constructor(origin: URL, allowedHosts: readonly string[] = []) {
    this.#origin = origin;
    this.#allowedHosts = new Set(allowedHosts.map((host) => host.toLowerCase()));
  }

  /** Whether `url` may receive the registry's credentials: it has exactly its scheme, host and port. */
  isOwn(url: URL): boolean {
    return url.origin === this.#origin.origin;
  }

  /**
   * Resolves an address against the address of its request. The query stays as it is.
   *
   * @throws `RegistryError` `REMOTE_FAILED` if a response must not name this address.
   */
  resolve(location: string, base: URL): URL {
    if (!URL.canParse(location, base.href)) throw refused("an invalid address");
    const url = new URL(location, base);
    url.hash = "";
    const target = this.#behindProxy(url, base);
    this.check(target, base);
    return target;
  }

  /** Whether the name in `url` must not lead into the caller's network: the registry chose it. */
  isLed(url: URL): boolean {
    return !this.#isNear(url);
  }

  /** @throws `RegistryError` `REMOTE_FAILED` if a request to `base` must not lead to `target`. */
  check(target: URL, base: URL): void {
    if (!["http:", "https:"].includes(target.protocol))
      throw refused("an address that is neither http: nor https:");
    if (target.username !== "" || target.password !== "") throw refused("an address with a password");
    if (target.protocol === "http:" && base.protocol === "https:")
      throw refused(`${redactUrl(target)}, which is not encrypted`);
    if (isPrivateAddress(target.hostname) && !this.#isNear(target))
      throw refused(`${redactUrl(target)}, which is a private address`);
  }

  /**
   * A registry behind a proxy that ends TLS may not know that it is reached by https:, and name its own host with http:. The
   * request then stays encrypted.
   */
  #behindProxy(url: URL, base: URL): URL {
    const isSameHost = url.hostname === base.hostname && (url.port === "" || url.port === base.port);
    if (base.protocol !== "https:" || url.protocol !== "http:" || !isSameHost) return url;
    const encrypted = new URL(base);
    encrypted.pathname = url.pathname;
    encrypted.search = url.search;
    encrypted.hash = "";
    return encrypted;
  }

  /** Whether a private address is the registry's own host, or one that the caller allows. */
  #isNear({ hostname, host }: URL): boolean {
    if (hostname === this.#origin.hostname || this.#allowedHosts.has(host)) return true;
    return isLoopback(hostname) && isLoopback(this.#origin.hostname);
  }
}

function refused(what: string): RegistryError {
  return new RegistryError("REMOTE_FAILED", `the registry leads to ${what}`);
}
