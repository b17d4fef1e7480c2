import { excerpt } from "@ocilayout/oci-types/authors";

import { HttpError } from "../http/http-error.ts";
import type { ReceivedRequest } from "../http/incoming.ts";
import { parseTarget } from "../http/target.ts";
import type { HandlerOptions } from "../settings/options.ts";
import { preflightHeaders, sharingHeaders } from "./cors.ts";
import type { Host } from "./host.ts";
import { isLoopbackName, parseHost } from "./host.ts";
import { formatOrigin, isFromHost, parseOrigin } from "./origin.ts";

/** The parts of a request that these rules depend on. */
type Asked = Pick<ReceivedRequest, "method" | "url" | "headers">;

/**
 * Decides what web pages may do with a server. Pages need rules of their own, because a browser runs them inside the
 * server's network.
 */
export interface PageRules {
  /**
   * Rejects a request under a host that is not allowed, and a change from a page of a foreign origin.
   *
   * @throws {@link HttpError} 403.
   */
  check(request: Asked): void;
  /** Returns the headers that let a page of an allowed origin read the answer. */
  headers(request: Asked): Readonly<Record<string, string>>;
  /**
   * Returns the headers of the answer to a preflight request of an allowed origin, else `undefined`. Browsers send a
   * preflight request without credentials, so the server answers it without `authorize`.
   */
  preflight(request: Asked): Readonly<Record<string, string>> | undefined;
}

/** The options of {@link createPageRules}. */
export interface PageOptions extends Pick<HandlerOptions, "allowedHosts" | "allowedOrigins"> {
  /** Whether clients can change the registry. */
  readonly writable: boolean;
  /** Whether the server listens on a loopback address, and so accepts only loopback names by default. */
  readonly isLoopback: boolean;
}

const READING: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Makes the rules about web pages.
 *
 * @throws TypeError if a host or an origin is invalid.
 */
export function createPageRules({
  allowedHosts,
  allowedOrigins = [],
  writable,
  isLoopback,
}: PageOptions): PageRules {
  const hosts = new Set(allowedHosts?.map(readAllowedHost));
  const origins = new Set(allowedOrigins.map(readAllowedOrigin));
  const isRestricted = isLoopback || allowedHosts !== undefined;

  const isAllowedHost = ({ name, port }: Host): boolean => {
    return (isLoopback && isLoopbackName(name)) || hosts.has(name) || hosts.has(`${name}:${port}`);
  };
  const isAllowedOrigin = ({ headers }: Asked): boolean => {
    if (origins.size === 0) return false;
    const origin = parseOrigin(headers.get("origin") ?? "");
    return origin !== undefined && origins.has(formatOrigin(origin));
  };
  const requireHost = (request: Asked): void => {
    const asked = hostsOf(request);
    if (asked.length > 0 && asked.every((host) => host !== undefined && isAllowedHost(host))) return;
    const refused = namesOf(request).find((_, i) => asked[i] === undefined || !isAllowedHost(asked[i]));
    const host = refused === undefined ? "of the request" : excerpt(refused);
    throw new HttpError(403, "DENIED", `the host ${host} is not allowed: ${HOW_TO_ALLOW_HOST}`);
  };
  const requireOwnPage = (request: Asked): void => {
    const { headers } = request;
    const site = headers.get("sec-fetch-site");
    const isForeign = (site !== null && site !== "same-origin" && site !== "none") || !isOwnOrigin(request);
    if (isForeign)
      throw new HttpError(
        403,
        "DENIED",
        `a page of another origin cannot change anything: ${HOW_TO_ALLOW_ORIGIN}`,
      );
  };

  return {
    check: (request) => {
      if (isRestricted) requireHost(request);
      if (!READING.has(request.method) && !isAllowedOrigin(request)) requireOwnPage(request);
    },
    headers: (request) =>
      origins.size === 0
        ? {}
        : sharingHeaders(isAllowedOrigin(request) ? request.headers.get("origin") : null),
    preflight: (request) => {
      const asks = request.method === "OPTIONS" && request.headers.has("access-control-request-method");
      return asks && isAllowedOrigin(request) ? preflightHeaders(writable) : undefined;
    },
  };
}

/** How an operator allows a request. It is in the message because the client may be the operator's own. */
const HOW_TO_ALLOW_HOST = "add it with the option allowedHosts, or with --allowed-host of the command";
const HOW_TO_ALLOW_ORIGIN =
  "allow the origin with the option allowedOrigins, or with --allowed-origin of the command";

/** Returns the hosts in the `Host` header and in the URL of a request. An invalid host is `undefined`. */
function hostsOf(request: Asked): readonly (Host | undefined)[] {
  return namesOf(request).map((value) => parseHost(value));
}

/** Returns the texts of the hosts in the `Host` header and in the URL of a request. */
function namesOf({ url, headers }: Asked): readonly string[] {
  return [headers.get("host"), parseTarget(url).host].filter((value) => typeof value === "string");
}

/** Whether a request comes from no page, or from a page of the host that receives it. */
function isOwnOrigin(request: Asked): boolean {
  const header = request.headers.get("origin");
  if (header === null) return true;
  const origin = parseOrigin(header);
  const [host] = hostsOf(request);
  return origin !== undefined && host !== undefined && isFromHost(origin, host);
}

function readAllowedHost(value: unknown): string {
  const host = typeof value === "string" ? parseHost(value) : undefined;
  if (host === undefined)
    throw new TypeError(
      `${String(value)} is not a host: allowedHosts takes hosts such as registry.example or registry.example:5000`,
    );
  return host.port === undefined ? host.name : `${host.name}:${host.port}`;
}

function readAllowedOrigin(value: unknown): string {
  const origin = typeof value === "string" ? parseOrigin(value) : undefined;
  if (origin === undefined)
    throw new TypeError(
      `${String(value)} is not an origin: allowedOrigins takes origins such as https://ui.example`,
    );
  return formatOrigin(origin);
}
