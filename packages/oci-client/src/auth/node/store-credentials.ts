import { RegistryError } from "@ocilayout/oci-types";
import { requireSignal } from "@ocilayout/oci-types/authors";

import type { StoreOptions } from "../credential-places.ts";
import type { Credentials } from "../credentials.ts";
import { helperFor } from "../files/account-file.ts";
import { HUB_KEY, helperKeys, isWholeHost, matchingKeys } from "../files/account-keys.ts";
import { removeAccounts, setAccount } from "../files/edit-accounts.ts";
import { requireCredentials } from "../require-credentials.ts";
import { readAccounts } from "./credential-files.ts";
import { eraseFromHelper, storeInHelper } from "./helper.ts";
import type { FilePlace, Surroundings } from "./surroundings.ts";
import { dockerPlace, isSet, podmanPlaces, surroundingsOf } from "./surroundings.ts";
import { changeTextFile } from "./write-file.ts";

/**
 * Keeps credentials, as `docker login` does. They go to the credential helper of the host, or else to that of all hosts, or else
 * into the file itself, in base64, which only its owner may read. The file is podman's if `REGISTRY_AUTH_FILE` names it, or if it
 * already has the host; else it is Docker's. Members of the file that are unknown here stay, in their order.
 *
 * @returns Where they are kept: in a helper, or unencrypted in a file.
 * @throws `RegistryError` with `UNAUTHORIZED` if the file is damaged, or the helper fails or is not installed; `STORAGE_FAILED`
 * if the file cannot be written; the signal's reason. TypeError for invalid credentials.
 */
export async function storeCredentials(
  host: string,
  credentials: Credentials,
  options: StoreOptions = {},
): Promise<"helper" | "file"> {
  const known = requireCredentials(credentials);
  const signal = requireSignal(options);
  signal?.throwIfAborted();
  const surroundings = surroundingsOf(options);
  const place = await placeFor(host, surroundings);
  const file = await readAccounts(place, surroundings);
  const helper = file && helperFor(file, host);
  const secret = secretOf(known);
  const isHelped = helper !== undefined && secret !== undefined;
  if (isHelped && !(await storeInHelper(helper, host, secret, surroundings, signal)))
    throw new RegistryError(
      "UNAUTHORIZED",
      `cannot store the credentials: the credential helper docker-credential-${helper} is not installed`,
    );
  const key =
    matchingKeys([...(file?.auths.keys() ?? [])], host, undefined).find(isWholeHost) ?? keyIn(place, host);
  await changeTextFile(place.path, place.role, (text) =>
    setAccount(text, key, isHelped ? undefined : known, place.role),
  );
  options.onFile?.(place.path);
  return isHelped ? "helper" : "file";
}

/**
 * Forgets the credentials of a host, as `docker logout` does: in the files of podman and of Docker, and in their helpers. Entries
 * for single repositories stay.
 *
 * @returns Whether there were some.
 * @throws As {@link storeCredentials}, but a helper that is not installed only makes a note.
 */
export async function eraseCredentials(host: string, options: StoreOptions = {}): Promise<boolean> {
  const signal = requireSignal(options);
  signal?.throwIfAborted();
  const surroundings = surroundingsOf(options);
  let isErased = false;
  for (const place of placesOf(surroundings)) {
    const file = await readAccounts(place, surroundings);
    if (file === undefined) continue;
    const helpers = new Set([helperFor(file, host), file.credsStore].filter((name) => name !== undefined));
    for (const helper of helpers)
      if (await eraseFromHelper(helper, host, surroundings, signal)) isErased = true;
    const isChanged = await changeTextFile(place.path, place.role, (text) =>
      text === undefined || text.trim() === "" ? undefined : removeAccounts(text, host, place.role),
    );
    isErased ||= isChanged;
  }
  return isErased;
}

/** Returns the files that `defaultCredentials` reads, in its order. */
function placesOf(surroundings: Surroundings): readonly FilePlace[] {
  const podman = podmanPlaces(surroundings);
  return isSet(surroundings.env["REGISTRY_AUTH_FILE"]) ? podman : [...podman, dockerPlace(surroundings)];
}

/** Returns the first file that has an entry for the host. Otherwise another file would hide the new entry. */
async function placeFor(host: string, surroundings: Surroundings): Promise<FilePlace> {
  const places = placesOf(surroundings);
  for (const place of places) {
    const file = await readAccounts(place, surroundings);
    const keys = file === undefined ? [] : [...file.auths.keys(), ...file.credHelpers.keys()];
    if (matchingKeys(keys, host, undefined).some(isWholeHost)) return place;
  }
  return places.at(-1) ?? dockerPlace(surroundings);
}

/** Returns the key of a host: for Docker Hub, Docker and podman have different ones. */
function keyIn({ role }: FilePlace, host: string): string {
  const [key = host] = helperKeys(host);
  return key === HUB_KEY && !role.startsWith("Docker") ? "docker.io" : key;
}

/** Returns what a helper can keep. A registry token has no place there. */
function secretOf(credentials: Credentials): { username: string; secret: string } | undefined {
  if ("password" in credentials) return { username: credentials.username, secret: credentials.password };
  return "identityToken" in credentials
    ? { username: "<token>", secret: credentials.identityToken }
    : undefined;
}
