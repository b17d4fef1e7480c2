import type { Host } from "./host.ts";
import { parseHost } from "./host.ts";

/** Where a page is from. */
export interface Origin {
  readonly scheme: string;
  readonly host: Host;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 };

/**
 * Parses the value of `Origin`. Returns `undefined` if it is `null`, several values or invalid: nothing is known of such a
 * page, so it counts as foreign.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6454#section-7}
 */
export function parseOrigin(value: string): Origin | undefined {
  const { scheme, rest } =
    /^(?<scheme>[a-z][a-z0-9+.-]*):\/\/(?<rest>[^/?#@]+)$/.exec(value.toLowerCase())?.groups ?? {};
  const host = rest === undefined ? undefined : parseHost(rest);
  return scheme === undefined || host === undefined ? undefined : { scheme, host };
}

/** An origin as text, equal for equal origins. */
export function formatOrigin({ scheme, host }: Origin): string {
  return `${scheme}://${host.name}:${host.port ?? DEFAULT_PORTS[scheme] ?? ""}`;
}

/**
 * Whether a page from `origin` is from `host`. A server behind a proxy does not know by which scheme it is asked, so that the
 * scheme of the page decides what port is meant by none.
 */
export function isFromHost(origin: Origin, host: Host): boolean {
  const port = DEFAULT_PORTS[origin.scheme];
  return (
    port !== undefined && origin.host.name === host.name && (origin.host.port ?? port) === (host.port ?? port)
  );
}
