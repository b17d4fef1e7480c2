import type { CallOptions } from "@ocilayout/oci-types";

/** Where credentials are looked for. */
export interface CredentialPlaces {
  /** The environment variables. Defaults to those of this process. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** The home directory. Defaults to that of the user. */
  readonly home?: string | undefined;
  /** How long a credential helper may take, in milliseconds. Defaults to 60,000: it may have to ask its user. */
  readonly helperMs?: number | undefined;
  /**
   * Receives notes: a credential helper that is not installed, a file that may not be read. The search goes on after them.
   * Defaults to ignoring them.
   */
  readonly onNote?: ((text: string) => void) | undefined;
}

/** Options of `storeCredentials` and `eraseCredentials`. */
export interface StoreOptions extends CredentialPlaces, CallOptions {
  /** Receives the path of the file that `storeCredentials` wrote. */
  readonly onFile?: ((path: string) => void) | undefined;
}
