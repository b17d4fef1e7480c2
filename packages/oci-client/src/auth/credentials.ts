/** Credentials for one registry. */
export type Credentials =
  | { readonly username: string; readonly password: string }
  /** An OAuth2 refresh token (Docker's "identity token"), which is exchanged for bearer tokens. */
  | { readonly identityToken: string; readonly username?: string | undefined }
  /** A bearer token that is sent as it is. */
  | { readonly registryToken: string };

/**
 * Finds the credentials of a registry.
 *
 * @param host - The host, with its port if it has one, exactly as it was passed to `openRemote`.
 * @returns `undefined` for none: the registry is then used anonymously.
 */
export type CredentialSource = (
  host: string,
  options: { readonly signal?: AbortSignal | undefined },
) => Promise<Credentials | undefined>;
