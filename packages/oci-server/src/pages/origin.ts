import type { Host } from "./host.ts";
import { parseHost } from "./host.ts";

/** The origin of a page. */
export interface Origin {
  readonly scheme: string;
  readonly host: Host;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 };

/**
 * Parses the value of `Origin`. Returns `undefined` if it is `null`, invalid, or has several values. Callers treat such
 * a page as foreign.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6454#section-7}
 */
export function parseOrigin(value: string): Origin | undefined {
  const { scheme, rest } =
    /^(?<scheme>[a-z][a-z0-9+.-]*):\/\/(?<rest>[^/?#@]+)$/.exec(value.toLowerCase())?.groups ?? {};
  const host = rest === undefined ? undefined : parseHost(rest);
  return scheme === undefined || host === undefined ? undefined : { scheme, host };
}

/** Formats an origin. Equal origins have equal texts. */
export function formatOrigin({ scheme, host }: Origin): string {
  return `${scheme}://${host.name}:${host.port ?? DEFAULT_PORTS[scheme] ?? ""}`;
}

/**
 * Whether a page from `origin` is from `host`. Behind a proxy, the server does not know the scheme of its URL, so the
 * scheme of the page determines the default port.
 */
export function isFromHost(origin: Origin, host: Host): boolean {
  const port = DEFAULT_PORTS[origin.scheme];
  return (
    port !== undefined && origin.host.name === host.name && (origin.host.port ?? port) === (host.port ?? port)
  );
}
