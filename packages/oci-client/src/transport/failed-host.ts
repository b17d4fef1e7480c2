import type { Transport } from "./transport.ts";

const failed: WeakMap<Error, URL> = new WeakMap();

/** Remembers for each error of a transport the address that it failed at, for {@link failedAt}. */
export function rememberAddresses(transport: Transport): Transport {
  return {
    close: async () => transport.close(),
    send: async (request) => {
      try {
        return await transport.send(request);
      } catch (error) {
        if (error instanceof Error) failed.set(error, request.url);
        throw error;
      }
    },
  };
}

/**
 * Returns the address that a request failed at: that of the registry, of its token server, or of the target of a redirect. It is
 * `undefined` for an error of another transport.
 */
export function failedAt(error: unknown): URL | undefined {
  return error instanceof Error ? failed.get(error) : undefined;
}
