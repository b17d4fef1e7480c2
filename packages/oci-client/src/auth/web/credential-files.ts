import { RegistryError } from "@ocilayout/oci-types";

import type { CredentialPlaces, StoreOptions } from "../credential-places.ts";
import type { Credentials, CredentialSource } from "../credentials.ts";

/** Returns a source without credentials: outside Node there are no files and variables. */
function empty(): CredentialSource {
  return async () => undefined;
}

/** Returns a source without credentials. */
export const defaultCredentials: (options?: CredentialPlaces) => CredentialSource = empty;
/** Returns a source without credentials. */
export const dockerCredentials: (options?: CredentialPlaces) => CredentialSource = empty;
/** Returns a source without credentials. */
export const environmentCredentials: (options?: CredentialPlaces) => CredentialSource = empty;
/** Returns a source without credentials. */
export const podmanCredentials: (options?: CredentialPlaces) => CredentialSource = empty;

/** Rejects with `RegistryError` `UNSUPPORTED`: there is no place to keep credentials in. */
export const storeCredentials: (
  host: string,
  credentials: Credentials,
  options?: StoreOptions,
) => Promise<"helper" | "file"> = async () => {
  throw noStore();
};

/** Rejects with `RegistryError` `UNSUPPORTED`: there is no place to keep credentials in. */
export const eraseCredentials: (host: string, options?: StoreOptions) => Promise<boolean> = async () => {
  throw noStore();
};

function noStore(): RegistryError {
  return new RegistryError("UNSUPPORTED", "credentials can be stored in Node only");
}
