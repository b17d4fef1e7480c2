import { redactHeader, redactUrl } from "./redact.ts";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";

/** An event of one HTTP request. `[redacted]` stands for tokens, passwords and signatures. */
export interface HttpEvent {
  /** The number of the request. Its events share it. */
  readonly id: number;
  /** `request` before it is sent, `response` when its headers have arrived, `failure` if they do not. */
  readonly type: "request" | "response" | "failure";
  /** The method. */
  readonly method: string;
  /** The address. */
  readonly url: string;
  /** The headers of the request or response. Empty for a failure. */
  readonly headers: Readonly<Record<string, string>>;
  /** The status of the response. */
  readonly status?: number | undefined;
  /** The message of the error. */
  readonly error?: string | undefined;
}

/** The response headers that an event has. */
const REPORTED = [
  "content-length",
  "content-range",
  "content-type",
  "docker-content-digest",
  "link",
  "location",
  "oci-filters-applied",
  "oci-subject",
  "range",
  "ratelimit-limit",
  "ratelimit-remaining",
  "retry-after",
  "warning",
  "www-authenticate",
];

/**
 * Reports every request of a transport to `hook`, with secrets redacted. Errors of the hook are ignored. Bodies are never
 * reported: they may be tokens.
 */
export function observeTransport(transport: Transport, hook: (event: HttpEvent) => void): Transport {
  let count = 0;
  const report = (event: HttpEvent): void => {
    try {
      hook(event);
    } catch {
      // A hook for debugging must not change what it looks at.
    }
  };
  return {
    close: async () => transport.close(),
    send: async (request) => {
      const common = { id: (count += 1), method: request.method, url: redactUrl(request.url) };
      report({ ...common, type: "request", headers: requestHeaders(request) });
      try {
        const response = await transport.send(request);
        report({ ...common, type: "response", headers: responseHeaders(response), status: response.status });
        return response;
      } catch (error) {
        report({
          ...common,
          type: "failure",
          headers: {},
          error: error instanceof Error ? error.message : "unknown",
        });
        throw error;
      }
    },
  };
}

function requestHeaders({ headers }: TransportRequest): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, redactHeader(name, value)]),
  );
}

function responseHeaders(response: TransportResponse): Record<string, string> {
  return Object.fromEntries(
    REPORTED.map((name) => [name, response.header(name)] as const)
      .filter(([, values]) => values.length > 0)
      .map(([name, values]) => [name, values.map((value) => redactHeader(name, value)).join(", ")]),
  );
}
