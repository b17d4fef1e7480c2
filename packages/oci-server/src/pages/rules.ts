import { HttpError } from "../http/http-error.ts";
import type { IncomingRequest } from "../http/incoming.ts";
import { parseTarget } from "../http/target.ts";
import type { HandlerOptions } from "../settings/options.ts";
import { preflightHeaders, sharingHeaders } from "./cors.ts";
import type { Host } from "./host.ts";
import { isLoopbackName, parseHost } from "./host.ts";
import { formatOrigin, isFromHost, parseOrigin } from "./origin.ts";

/** What of a request these rules are about. */
type Asked = Pick<IncomingRequest, "method" | "url" | "headers">;

/** What web pages may do with a server, that others know nothing of: a browser runs them beside it, inside its network. */
export interface PageRules {
  /**
   * Refuses a request under a host that is not the server's, and a change that a foreign page asks for.
   *
   * @throws {@link HttpError} 403.
   */
  check(request: Asked): void;
  /** The headers that let a page of an allowed origin read the answer. */
  headers(request: Asked): Readonly<Record<string, string>>;
  /**
   * The headers of the answer if this is a page of an allowed origin that asks for leave; else `undefined`. Such a question
   * is answered without credentials: browsers send none with it.
   */
  preflight(request: Asked): Readonly<Record<string, string>> | undefined;
}

/** What decides about pages. */
export interface PageOptions extends Pick<HandlerOptions, "allowedHosts" | "allowedOrigins"> {
  /** Whether changes are possible at all. */
  readonly writable: boolean;
  /** Whether the server listens on this machine alone, so that only its own names are the server's. */
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
    throw new HttpError(
      403,
      "DENIED",
      `this server is not known by the host of the request: ${HOW_TO_ALLOW_HOST}`,
    );
  };
  const requireOwnPage = (request: Asked): void => {
    const { headers } = request;
    const site = headers.get("sec-fetch-site");
    const isForeign = (site !== null && site !== "same-origin" && site !== "none") || !isOwnOrigin(request);
    if (isForeign)
      throw new HttpError(
        403,
        "DENIED",
        `changes by pages of another origin are refused: ${HOW_TO_ALLOW_ORIGIN}`,
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

/** What an operator does, for the message of a client that may be theirs. */
const HOW_TO_ALLOW_HOST = "name it with the option allowedHosts, or the command's --allowed-host";
const HOW_TO_ALLOW_ORIGIN = "name it with the option allowedOrigins, or the command's --allowed-origin";

/** The hosts that a request names, in its `Host` and in its target; `undefined` for one that is invalid. */
function hostsOf({ url, headers }: Asked): readonly (Host | undefined)[] {
  const named = [headers.get("host"), parseTarget(url).host];
  return named.filter((value) => typeof value === "string").map((value) => parseHost(value));
}

/** Whether a request comes from no page, or from one of the host that it is sent to. */
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
