import { RegistryError } from "@ocilayout/oci-types";

import type { CredentialPlaces } from "../credential-places.ts";
import type { Credentials, CredentialSource } from "../credentials.ts";

/** Outside Node there are no files and variables, so every source is empty. */
function empty(options?: CredentialPlaces): CredentialSource {
  void options;
  return async () => undefined;
}

/** Returns an empty source. */
export const defaultCredentials: (options?: CredentialPlaces) => CredentialSource = empty;
/** Returns an empty source. */
export const dockerCredentials: (options?: CredentialPlaces) => CredentialSource = empty;
/** Returns an empty source. */
export const environmentCredentials: (options?: CredentialPlaces) => CredentialSource = empty;
/** Returns an empty source. */
export const podmanCredentials: (options?: CredentialPlaces) => CredentialSource = empty;

/**
 * Rejects: there is no place to keep credentials in.
 *
 * @throws `RegistryError` with `UNSUPPORTED`.
 */
export async function storeCredentials(host: string, credentials: Credentials): Promise<never> {
  void [host, credentials];
  throw noStore();
}

/**
 * Rejects: there is no place to keep credentials in.
 *
 * @throws `RegistryError` with `UNSUPPORTED`.
 */
export async function eraseCredentials(host: string): Promise<never> {
  void host;
  throw noStore();
}

function noStore(): RegistryError {
  return new RegistryError("UNSUPPORTED", "credentials can be stored in Node only");
}
