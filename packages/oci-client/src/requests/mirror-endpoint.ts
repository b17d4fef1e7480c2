import type { Authenticator } from "../auth/authenticator.ts";

/** A mirror of a registry. It answers reads that the registry would answer, and may lack content. */
export interface MirrorEndpoint {
  /** Its origin. */
  readonly origin: URL;
  /** Whether the origin may be plain HTTP to another machine. Defaults to the option `insecure` of the client. */
  readonly insecure?: boolean | undefined;
  /** Authenticates requests to it. It never has the registry's own credentials. */
  readonly authenticator: Authenticator;
  /** The value of the query parameter `ns`, by which a mirror of several registries knows which one is meant. */
  readonly namespace?: string | undefined;
  /**
   * Returns the name that a repository has on the mirror, or `undefined` if the mirror is not for this request. Defaults to the
   * same name.
   *
   * @param reference - The tag or digest.
   */
  readonly rewrite?: ((repository: string, reference: string) => string | undefined) | undefined;
}
