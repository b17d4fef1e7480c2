import type { Registry } from "@ocilayout/oci-types";
import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";

import type { Handler, HandlerOptions } from "../src/index.ts";
import { createHandler } from "../src/index.ts";

/** The headers and the body of a request. */
export interface Sent {
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
  readonly signal?: AbortSignal;
}

/** Sends a request to `/v2/…`. */
export type Ask = (method: string, path: string, sent?: Sent) => Promise<Response>;

/** Sends requests to a handler, without a network. */
export function asking(handler: Handler): Ask {
  return (method, path, { headers, body, signal } = {}) => {
    const init = {
      method,
      ...(headers === undefined ? {} : { headers }),
      ...(signal === undefined ? {} : { signal }),
    };
    const withBody = body === undefined ? init : { ...init, body, duplex: "half" as const };
    return handler(new Request(`http://registry.test${path}`, withBody));
  };
}

/** Sends requests to a server over `registry` that allows every action, unless `options` differ. */
export function serving(registry: Registry = createMemoryRegistry(), options: HandlerOptions = {}): Ask {
  return asking(createHandler(registry, { writable: true, ...options }));
}

/** Returns the codes in the body of an error. */
export async function codes(response: Response): Promise<unknown> {
  const { errors } = (await response.json()) as { errors: { code: string }[] };
  return errors.map(({ code }) => code);
}

/** Returns some headers of an answer. */
export function headersOf(response: Response, ...names: readonly string[]): Record<string, string | null> {
  return Object.fromEntries(names.map((name) => [name, response.headers.get(name)]));
}
