import { requireCount, requireDuration } from "@ocilayout/oci-types/authors";

import type { Authorize, AuthorizedRequest } from "./authorize.ts";

/** What a request may take of the server. Durations are 2,147,483,647 ms (24.8 days) at most: no timer waits longer. */
export interface ServerLimits {
  /** The largest blob, in bytes. Default 64 GiB. Beyond it: 413. */
  readonly maxBlobBytes: number;
  /** The largest manifest, in bytes. Default 8 MiB. Beyond it: 413 (end-7). */
  readonly maxManifestBytes: number;
  /** The longest URL, in characters. Default 8,192. Beyond it: 414. */
  readonly maxUrlLength: number;
  /** All headers together, in characters. Default 16,384. Beyond it: 431. */
  readonly maxHeaderLength: number;
  /** How many requests may be under way at once, until their answers have been sent. Default 1,024. Beyond it: 429. */
  readonly maxRequests: number;
  /**
   * How many connections `serve` keeps. Default 1,024. Beyond it the oldest one without a request under way is closed.
   */
  readonly maxConnections: number;
  /** How many bodies may be received at once. Default 512. Beyond it: 429. */
  readonly maxUploads: number;
  /**
   * How much memory may be held for bodies and answers, in bytes. Default 64 MiB. Half of it is for pieces of more than
   * 64 KiB, such as manifests. Beyond it: 429; blobs pass through smaller buffers first.
   */
  readonly maxHeldBytes: number;
  /**
   * How much of each amount above one client may take while it is alone, in percent. Default 75. The more clients there
   * are, the less each may take. 100 turns this off, as for a proxy that all clients come from.
   */
  readonly clientPercent: number;
  /**
   * How many upload sessions may be open at once. Default 4,096. Beyond it an empty one that has not been used for longest
   * is given up; if all have content: 429.
   */
  readonly maxUploadSessions: number;
  /** How many names or referrers an answer lists, whatever `n` says. Default 10,000. */
  readonly maxPageSize: number;
  /** How long a client may send nothing while a body is awaited, or take nothing of an answer, in milliseconds. Default 60,000. Beyond it: 408, or the connection ends. */
  readonly idleMs: number;
  /**
   * How much a client must send of a body, or take of an answer, in bytes a second. Default 1,024. Only the time that is
   * spent waiting for the client counts. Beyond it: 408, or the connection ends.
   */
  readonly minBytesPerSecond: number;
  /** How long a client may be slower than that, in milliseconds. Default 30,000. */
  readonly rateWindowMs: number;
  /** How long a request may take in all, in milliseconds. Default 6 hours. */
  readonly requestMs: number;
}

/** Options of `createHandler` and `serve`. */
export interface HandlerOptions {
  /** Whether anything may be changed. Default false: pushes and deletions are 405. */
  readonly writable?: boolean | undefined;
  /** Decides who may do what. Default: everybody may do everything that the server does. */
  readonly authorize?: Authorize | undefined;
  /**
   * Whether `authorize` may be used over a registry whose blobs belong to no repository, where whoever may read one
   * repository may read every blob of which the digest is known. Default false: that is a TypeError.
   */
  readonly allowSharedBlobs?: boolean | undefined;
  /**
   * The hosts by which clients know the server, such as `registry.example` (at any port) or `registry.example:5000`. A
   * request under another host is 403: a page whose own name was made to resolve to the server sends that name. Both the
   * `Host` header and the host of an absolute URL count. Default: every host, except that `serve` on a loopback address
   * answers to `localhost`, 127.0.0.0/8 and `[::1]`, to which these are added.
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /**
   * The origins, such as `https://ui.example`, whose pages may use the server from a browser: they can read answers, and change
   * what `writable` allows. Default: none. Without it a change is 403 if `Origin` or `Sec-Fetch-Site` says that a page of
   * another origin asks for it.
   */
  readonly allowedOrigins?: readonly string[] | undefined;
  /**
   * Whether a whole blob is verified while it is sent: the answer to a damaged one is 500 or, where it has begun, breaks off
   * before its end. A part of a blob never is. It asks for the option `verify` of `getBlob`, which layouts heed. Default false:
   * clients of registries verify what they pull, and say what is wrong with it.
   */
  readonly verifyBlobs?: boolean | undefined;
  /** {@link ServerLimits} that differ from their defaults. */
  readonly limits?: Partial<ServerLimits> | undefined;
  /**
   * Names the client that a request counts for, until `authorize` names another. `address` is the address that the
   * connection comes from, if there is one: an IPv6 address counts as its network of 64 bits. Behind a proxy, read it from
   * the header that the proxy sets. Default: the address. If it returns `undefined`, the request counts for no client,
   * and only the limits for all clients together apply.
   */
  readonly clientOf?:
    ((request: AuthorizedRequest, address: string | undefined) => string | undefined) | undefined;
  /** Told of every failure of the server's own, whose answer says nothing about it. Default: nobody is told. */
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
  maxHeldBytes: 64 * MIB,
  maxUploadSessions: 4096,
  clientPercent: 75,
  maxPageSize: 10_000,
  idleMs: 60_000,
  minBytesPerSecond: 1024,
  rateWindowMs: 30_000,
  requestMs: 6 * 3_600_000,
};

/** Fills in the defaults and refuses what makes no sense, with a TypeError or RangeError. */
export function completeLimits(limits: Partial<ServerLimits> = {}): ServerLimits {
  const complete = { ...DEFAULTS };
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(DEFAULTS, name)) throw new TypeError(`there is no limit ${name}`);
    if ((value as number | undefined) === undefined) continue;
    if ((name.endsWith("Ms") ? requireDuration(value, name) : requireCount(value, name)) === 0)
      throw new RangeError(`${name} must be positive`);
    complete[name as keyof ServerLimits] = value;
  }
  return complete;
}
