import { maxDurationMs, requireCount, requireDuration } from "@ocilayout/oci-types/authors";

/** How long the transport waits, in milliseconds. */
export interface TimeLimits {
  /** For a connection: name, TCP, proxy and TLS. Defaults to 30,000. */
  readonly connectMs: number;
  /** For the headers of the response, once the request is sent. Defaults to 120,000. */
  readonly headersMs: number;
  /**
   * For the headers of the response to a PUT, POST, PATCH or DELETE: a registry may verify or move a large blob before it
   * answers. Defaults to 1,800,000, half an hour.
   */
  readonly commitMs: number;
  /** For the next bytes of a body, in both directions. Time in which the caller is slow does not count. Defaults to 60,000. */
  readonly idleMs: number;
  /** The least bytes per second of a body, on average over `idleMs`. Defaults to 100. */
  readonly minBytesPerSecond: number;
}

/** Options of `createTransport`. A platform ignores what it does not have: a browser has its own certificates and proxies. */
export interface TransportOptions {
  /** The only origin that receives the client certificate. */
  readonly origin?: URL | undefined;
  /** Certificates of authorities in PEM, trusted beside those of the platform. Node only. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined;
  /** The client certificate in PEM, with its chain. Node only. */
  readonly cert?: string | Uint8Array | undefined;
  /** The private key of `cert` in PEM. Node only. */
  readonly key?: string | Uint8Array | undefined;
  /** The passphrase of `key`. */
  readonly passphrase?: string | undefined;
  /**
   * An agent of Node, or a function that returns the agent for an address. It makes the connections: `ca`, `cert` and `proxy`
   * are then its own concern. Node only.
   */
  readonly agent?: object | ((url: URL) => object) | undefined;
  /**
   * The address of a proxy for every request, or `false` for none. Defaults to `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` of
   * the environment, also in lower case. Node only.
   */
  readonly proxy?: string | false | undefined;
  /** The time limits. */
  readonly limits?: Partial<TimeLimits> | undefined;
  /** The function to use instead of the global `fetch`. Not used in Node. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /**
   * The largest body that `fetch` sends from memory, in bytes. Defaults to 64 MiB. A larger one is streamed if the runtime can,
   * or else fails with `UNSUPPORTED`. Not used in Node.
   */
  readonly maxCollectedBytes?: number | undefined;
}

const DEFAULTS: TimeLimits = {
  connectMs: 30_000,
  headersMs: 120_000,
  commitMs: 1_800_000,
  idleMs: 60_000,
  minBytesPerSecond: 100,
};

/**
 * Returns the time limits, with the defaults for those that are absent.
 *
 * @throws TypeError or RangeError if one is not a duration.
 */
export function timeLimits(given: Partial<TimeLimits> = {}): TimeLimits {
  const limit = (name: keyof TimeLimits): number =>
    requireDuration(given[name] ?? DEFAULTS[name], `limits.${name}`);
  return {
    connectMs: limit("connectMs"),
    headersMs: limit("headersMs"),
    commitMs: limit("commitMs"),
    idleMs: limit("idleMs"),
    minBytesPerSecond: Math.max(
      1,
      requireCount(given.minBytesPerSecond ?? DEFAULTS.minBytesPerSecond, "limits.minBytesPerSecond"),
    ),
  };
}

/** Returns how long to wait for the headers of the response to a request with `method`. */
export function headerLimit(limits: TimeLimits, method: string): number {
  return method === "GET" || method === "HEAD" ? limits.headersMs : limits.commitMs;
}

/** Returns a duration as a timer can wait for it. */
export function asDelay(ms: number): number {
  return Math.min(Math.max(1, ms), maxDurationMs);
}
