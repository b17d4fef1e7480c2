/** Credentials for one registry. */
export type Credentials =
  | { readonly username: string; readonly password: string }
  /** An OAuth2 refresh token (Docker's "identity token"), which is exchanged for bearer tokens. */
  | { readonly identityToken: string; readonly username?: string | undefined }
  /** A bearer token that is sent as it is. */
  | { readonly registryToken: string };

/** Options of a {@link CredentialSource}. */
export interface CredentialSourceOptions {
  /** The repository, as the registry names it. Absent if the call is about none, such as a list of repositories. */
  readonly repository?: string | undefined;
  /** Ends the search. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Finds the credentials of a registry. It is asked when the registry first wants credentials for a repository, and again when
 * the registry refuses them.
 *
 * @param host - The host, with its port if it has one, exactly as it was passed to `openRemote`. For Docker Hub, whatever its
 * name was, it is `docker.io`.
 * @returns `undefined` for none: the registry is then used anonymously.
 */
export type CredentialSource = (
  host: string,
  options: CredentialSourceOptions,
) => Promise<Credentials | undefined>;
