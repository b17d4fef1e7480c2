import { requireCount, requireDuration } from "@ocilayout/oci-types/authors";

import type { Authorize, AuthorizedRequest } from "./authorize.ts";

/**
 * The limits of a server. Durations are at most 2,147,483,647 ms (24.8 days), the longest time that a timer can wait.
 */
export interface ServerLimits {
  /** The largest blob, in bytes. Defaults to 64 GiB. Beyond it: 413. */
  readonly maxBlobBytes: number;
  /** The largest manifest, in bytes. Defaults to 8 MiB. Beyond it: 413 (end-7). */
  readonly maxManifestBytes: number;
  /** The longest URL, in characters. Defaults to 8,192. Beyond it: 414. */
  readonly maxUrlLength: number;
  /** The length of all headers together, in characters. Defaults to 16,384. Beyond it: 431. */
  readonly maxHeaderLength: number;
  /**
   * The number of concurrent requests. A request ends when its answer has been sent. Defaults to 1,024. Beyond it: 429.
   */
  readonly maxRequests: number;
  /**
   * The number of connections that `serve` keeps open. Defaults to 1,024. Beyond it, the oldest connection without a
   * request is closed.
   */
  readonly maxConnections: number;
  /** The number of bodies that are received at once. Defaults to 512. Beyond it: 429. */
  readonly maxUploads: number;
  /**
   * The memory for bodies and answers, in bytes. Defaults to 48 MiB. Half of it is reserved for pieces above 64 KiB,
   * such as manifests. Beyond it, blobs get smaller buffers; then: 429.
   */
  readonly maxHeldBytes: number;
  /**
   * The share of `maxRequests`, `maxConnections`, `maxUploads`, `maxHeldBytes` and `maxUploadSessions` that one client can
   * use while no other client is active, in percent. Defaults to 75. The more clients are active, the smaller the share.
   * Set 100 to disable shares, as for a proxy that all clients come through.
   */
  readonly clientPercent: number;
  /**
   * The number of open upload sessions. Defaults to 4,096. Beyond it, the least recently used empty session is
   * cancelled. If all sessions have content: 429.
   */
  readonly maxUploadSessions: number;
  /** The most names or referrers in one answer, even if `n` is larger. Defaults to 10,000. */
  readonly maxPageSize: number;
  /**
   * The longest time that a client may pause while it sends a body or receives an answer, in milliseconds. Defaults to
   * 60,000. Beyond it: 408, or the connection is closed.
   */
  readonly idleMs: number;
  /**
   * The lowest speed at which a client must send a body or receive an answer, in bytes a second. Defaults to 1,024.
   * Only time spent waiting for the client counts. Beyond it: 408, or the connection is closed.
   */
  readonly minBytesPerSecond: number;
  /** The time that a client may fall behind `minBytesPerSecond`, in milliseconds. Defaults to 30,000. */
  readonly rateWindowMs: number;
  /**
   * The longest time for a whole request, in milliseconds. Defaults to 6 hours. Beyond it: 408, or the connection is
   * closed.
   */
  readonly requestMs: number;
}

/** Options of `createHandler` and `serve`. */
export interface HandlerOptions {
  /** Whether clients can change the registry. Defaults to false: pushes and deletions are 405. */
  readonly writable?: boolean | undefined;
  /** Decides whether a client may perform an action. Defaults to allowing every action that the server supports. */
  readonly authorize?: Authorize | undefined;
  /**
   * Whether `authorize` can be used over a registry whose blobs belong to no repository. There, a client that can read
   * one repository can read every blob whose digest it knows. Defaults to false: `authorize` is then a TypeError.
   */
  readonly allowSharedBlobs?: boolean | undefined;
  /**
   * The hosts by which clients know the server, such as `registry.example` (any port) or `registry.example:5000`. A
   * request under any other host is 403. This prevents DNS rebinding, by which a page makes its own host resolve
   * to the server. Both the `Host` header and the host of an absolute URL count.
   *
   * Defaults to every host. If `serve` listens on a loopback address, it accepts only `localhost`, 127.0.0.0/8, `[::1]`
   * and these hosts.
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /**
   * The origins, such as `https://ui.example`, whose pages may use the server from a browser. Their pages can read
   * answers, and change what `writable` allows. Defaults to none. A change is 403 if `Origin` or `Sec-Fetch-Site` shows
   * that it comes from a page of any other origin.
   */
  readonly allowedOrigins?: readonly string[] | undefined;
  /**
   * Whether to verify whole blobs while they are sent. The answer to a corrupt blob is 500, or breaks off before its
   * end if it has begun. Ranges are never verified. Sets the option `verify` of `getBlob`, which layouts support.
   * Defaults to false, because clients of registries verify what they pull.
   */
  readonly verifyBlobs?: boolean | undefined;
  /** The {@link ServerLimits} that differ from their defaults. */
  readonly limits?: Partial<ServerLimits> | undefined;
  /**
   * Names the client that a request counts for, until `authorize` names another. `address` is the address of the
   * connection, if it is known. Behind a proxy, read the client from the header that the proxy sets. If it returns
   * `undefined`, the request counts for no client, and only the limits for all clients together apply.
   *
   * Defaults to the address. An IPv6 address counts as its network of 64 bits.
   */
  readonly clientOf?:
    ((request: AuthorizedRequest, address: string | undefined) => string | undefined) | undefined;
  /**
   * Receives every internal failure. The answer to the client contains no details of it. Defaults to ignoring failures.
   */
  readonly onError?:
    ((error: unknown, request: { readonly method: string; readonly url: string }) => void) | undefined;
}

const MIB = 1024 * 1024;

const DEFAULTS: ServerLimits = {
  maxBlobBytes: 64 * 1024 * MIB,
  maxManifestBytes: 8 * MIB,
  maxUrlLength: 8192,
  maxHeaderLength: 16_384,
  maxRequests: 1024,
  maxConnections: 1024,
  maxUploads: 512,
  maxHeldBytes: 48 * MIB,
  maxUploadSessions: 4096,
  clientPercent: 75,
  maxPageSize: 10_000,
  idleMs: 60_000,
  minBytesPerSecond: 1024,
  rateWindowMs: 30_000,
  requestMs: 6 * 3_600_000,
};

/**
 * Fills in the defaults.
 *
 * @throws TypeError if a name is unknown, or TypeError or RangeError if a value is invalid.
 */
export function completeLimits(limits: Partial<ServerLimits> = {}): ServerLimits {
  const complete = { ...DEFAULTS };
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(DEFAULTS, name)) throw new TypeError(`unknown limit: ${name}`);
    if ((value as number | undefined) === undefined) continue;
    if ((name.endsWith("Ms") ? requireDuration(value, name) : requireCount(value, name)) === 0)
      throw new RangeError(`${name} must be positive`);
    complete[name as keyof ServerLimits] = value;
  }
  return complete;
}
