import { RegistryError } from "@ocilayout/oci-types";

import type { CredentialPlaces } from "../credential-places.ts";
import type { Credentials, CredentialSource } from "../credentials.ts";
import { credentialsIn, parseAccountFile } from "../files/account-file.ts";
import { matchingKeys } from "../files/account-keys.ts";
import { requireCredentials } from "../require-credentials.ts";
import type { Surroundings } from "./surroundings.ts";
import { isSet, surroundingsOf } from "./surroundings.ts";

/**
 * Returns the accounts in environment variables:
 *
 * - `OCILAYOUT_REGISTRY` is the host that the next ones are for. They are never sent to another host.
 * - `OCILAYOUT_USERNAME` and `OCILAYOUT_PASSWORD`, or `OCILAYOUT_IDENTITY_TOKEN`, or `OCILAYOUT_REGISTRY_TOKEN`.
 * - `DOCKER_AUTH_CONFIG` has the text of a `config.json`, as for Docker and GitLab's runner. Its helpers are not used.
 *
 * The source rejects with `RegistryError` `UNAUTHORIZED` if the variables are incomplete or malformed.
 */
export function environmentCredentials(options: CredentialPlaces = {}): CredentialSource {
  const { env } = surroundingsOf(options);
  return async (host, { repository }) => ownVariables(env, host) ?? dockerVariable(env, host, repository);
}

function ownVariables(env: Surroundings["env"], host: string): Credentials | undefined {
  const variable = (name: string): string | undefined => {
    const value = env[`OCILAYOUT_${name}`];
    return isSet(value) ? value : undefined;
  };
  const registry = variable("REGISTRY");
  const username = variable("USERNAME");
  const password = variable("PASSWORD");
  const identityToken = variable("IDENTITY_TOKEN");
  const registryToken = variable("REGISTRY_TOKEN");
  const hasSecret = [password, identityToken, registryToken].some((value) => value !== undefined);
  if (registry === undefined) {
    if (!hasSecret) return undefined;
    throw invalid("OCILAYOUT_REGISTRY is missing: it names the host that the credentials are for");
  }
  if (matchingKeys([registry], host, undefined).length === 0) return undefined;
  try {
    return requireCredentials({ username, password, identityToken, registryToken });
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : "they are malformed");
  }
}

function dockerVariable(
  env: Surroundings["env"],
  host: string,
  repository: string | undefined,
): Credentials | undefined {
  const text = env["DOCKER_AUTH_CONFIG"];
  return isSet(text)
    ? credentialsIn(parseAccountFile(text, "DOCKER_AUTH_CONFIG"), host, repository)
    : undefined;
}

function invalid(reason: string): RegistryError {
  return new RegistryError("UNAUTHORIZED", `the credentials in environment variables are invalid: ${reason}`);
}
