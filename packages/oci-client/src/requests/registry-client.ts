import type { Scope } from "../auth/authenticator.ts";
import type { RequestBody, TransportResponse } from "../transport/transport.ts";

/** A request to the registry. */
export interface RegistryRequest {
  /** The method, in upper case. */
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** A path below the registry's origin that begins with `/v2/`, or an address that `resolve` returned. */
  readonly target: string | URL;
  /** The permissions that the request needs. */
  readonly scopes: readonly Scope[];
  /** Headers, names in lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The body. It is sent again after a failure only if it can be opened again. */
  readonly body?: RequestBody | undefined;
  /** Whether mirrors may answer. Defaults to false. */
  readonly mirrored?: boolean | undefined;
  /** Whether the request may be repeated although it may have had its effect. Defaults to true for GET and HEAD only. */
  readonly repeatable?: boolean | undefined;
  /** Ends the request, and the reading of its response. */
  readonly signal?: AbortSignal | undefined;
  /** Lets the transport use the memory of chunks again: `TransportRequest.blockBytes`. */
  readonly blockBytes?: number | undefined;
}

/** A response, with the address that sent it. */
export interface RegistryResponse extends TransportResponse {
  /** The address after redirects. Addresses that the response names are relative to it. */
  readonly url: URL;
}

/**
 * Sends requests to one registry: authentication, redirects, retries, limits of concurrency and time, mirrors, warnings and
 * the debugging hook. A response has any status that is not retried, redirected or answered with credentials.
 */
export interface RegistryClient {
  /** The origin of the registry. */
  readonly origin: URL;
  /**
   * Sends a request. Reading the body of the response fails in the same ways.
   *
   * @throws - `RegistryError` with `UNAUTHORIZED`, `DENIED`, `TOOMANYREQUESTS` or `CLOSED`.
   * - `RegistryError` with `REMOTE_FAILED`, and the system's error in `cause`.
   * - `RegistryError` with `SIZE_INVALID` if the body does not have its size.
   * - The error of the body's own source, unchanged.
   * - The signal's reason.
   */
  send(request: RegistryRequest): Promise<RegistryResponse>;
  /**
   * Resolves an address that a response named (`Location`, `Link`) against the address of its request. Query strings are kept
   * as they are.
   *
   * @throws `RegistryError` with `REMOTE_FAILED` if `use` forbids the address: `"page"` allows the registry's origin only,
   * `"upload"` also other public hosts, which then never receive credentials.
   */
  resolve(location: string, base: URL, use: "page" | "upload"): URL;
  /** Ends all requests and closes all connections. */
  close(): Promise<void>;
}
