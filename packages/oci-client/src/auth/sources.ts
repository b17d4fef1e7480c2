import type { Credentials, CredentialSource } from "./credentials.ts";
import { requireCredentials } from "./require-credentials.ts";

/**
 * Returns a source of the same credentials for one host.
 *
 * @throws TypeError if the credentials are invalid.
 */
export function fixedCredentials(host: string, credentials: Credentials): CredentialSource {
  const known = requireCredentials(credentials);
  return async (asked) => (asked === host ? known : undefined);
}

/** Returns a source that asks others in turn, until one finds credentials. An error of one ends the search. */
export function firstOf(...sources: readonly CredentialSource[]): CredentialSource {
  return async (host, options) => {
    for (const source of sources) {
      const found = await source(host, options);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}
