import type { CredentialPlaces } from "../credential-places.ts";
import type { CredentialSource } from "../credentials.ts";
import { firstOf } from "../sources.ts";
import { dockerCredentials, podmanCredentials } from "./credential-files.ts";
import { environmentCredentials } from "./environment.ts";
import { isSet, surroundingsOf } from "./surroundings.ts";

/**
 * Returns the accounts of the environment, of podman and of Docker, in this order: see `environmentCredentials`,
 * `podmanCredentials` and `dockerCredentials`. If `REGISTRY_AUTH_FILE` names podman's file, Docker's is not read, as podman does.
 */
export function defaultCredentials(options: CredentialPlaces = {}): CredentialSource {
  const environment = environmentCredentials(options);
  const podman = podmanCredentials(options);
  return isSet(surroundingsOf(options).env["REGISTRY_AUTH_FILE"])
    ? firstOf(environment, podman)
    : firstOf(environment, podman, dockerCredentials(options));
}
