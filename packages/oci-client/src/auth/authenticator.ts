import type { TransportResponse } from "../transport/transport.ts";

/** A permission, in the words of the token specification: `repository:library/alpine:pull,push`. */
export interface Scope {
  /** The type of the resource: `repository` or `registry`. */
  readonly type: "repository" | "registry";
  /** The name: of a repository, or `catalog`. */
  readonly name: string;
  /** The actions, such as `pull`. */
  readonly actions: readonly string[];
}

/** Authenticates the requests to one origin. It keeps credentials and tokens, and never gives them to another origin. */
export interface Authenticator {
  /** Returns the `Authorization` header for requests with these scopes, or `undefined` for an anonymous request. */
  authorization(scopes: readonly Scope[], signal?: AbortSignal): Promise<string | undefined>;
  /**
   * Learns from a response with status 401.
   *
   * @param used - The `Authorization` header that was sent with the request, if any.
   * @returns Whether a retry has a new answer to give. False ends in `UNAUTHORIZED` or `DENIED`.
   */
  challenged(
    response: Pick<TransportResponse, "header">,
    scopes: readonly Scope[],
    used: string | undefined,
    signal?: AbortSignal,
  ): Promise<boolean>;
}
