import { isRegistryError } from "@ocilayout/oci-types";

import type { CredentialPlaces } from "../credential-places.ts";
import type { CredentialSource } from "../credentials.ts";
import type { AccountFile } from "../files/account-file.ts";
import { credentialsIn, helperFor, parseAccountFile } from "../files/account-file.ts";
import { HelperCache } from "./helper-cache.ts";
import { askHelper } from "./helper.ts";
import { codeOf, readTextFile } from "./read-file.ts";
import type { FilePlace, Surroundings } from "./surroundings.ts";
import { dockerPlace, podmanPlaces, surroundingsOf } from "./surroundings.ts";

/**
 * Returns the accounts that Docker uses: `config.json` in `DOCKER_CONFIG` or `~/.docker`. The helper of the host comes first,
 * then the helper of all hosts, then the file itself. A helper that has nothing, or is not installed, leads to the next.
 *
 * The source rejects with `RegistryError` `UNAUTHORIZED` if the file is damaged or a helper fails, and with `STORAGE_FAILED` if
 * the file cannot be read.
 *
 * @see {@link https://docs.docker.com/reference/cli/docker/login/}
 */
export function dockerCredentials(options: CredentialPlaces = {}): CredentialSource {
  const surroundings = surroundingsOf(options);
  return fromFiles([dockerPlace(surroundings)], surroundings);
}

/**
 * Returns the accounts that podman, buildah and skopeo use: `auth.json` at `REGISTRY_AUTH_FILE`, or else in
 * `$XDG_RUNTIME_DIR/containers` (`/run/containers/<uid>`) and `~/.config/containers`. A key may have a path; the longest that
 * fits the repository counts. Otherwise as {@link dockerCredentials}.
 *
 * @see {@link https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md}
 */
export function podmanCredentials(options: CredentialPlaces = {}): CredentialSource {
  const surroundings = surroundingsOf(options);
  return fromFiles(podmanPlaces(surroundings), surroundings);
}

/**
 * Reads a file of accounts.
 *
 * @returns `undefined` if it does not exist. A file that the user did not name and may not read makes a note.
 */
export async function readAccounts(
  { path, role, isNamed }: FilePlace,
  { note }: Surroundings,
): Promise<AccountFile | undefined> {
  let text: string | undefined;
  try {
    text = await readTextFile(path, role);
  } catch (error) {
    const isForbidden = isRegistryError(error) && ["EACCES", "EPERM"].includes(codeOf(error.cause));
    if (isNamed || !isForbidden) throw error;
    note(`${role} is skipped, because it may not be read`);
  }
  // Docker and podman take an empty file for one without accounts.
  return text === undefined || text.trim() === "" ? undefined : parseAccountFile(text, role);
}

function fromFiles(places: readonly FilePlace[], surroundings: Surroundings): CredentialSource {
  const cache = new HelperCache();
  return async (host, { repository, signal }) => {
    for (const place of places) {
      signal?.throwIfAborted();
      const file = await readAccounts(place, surroundings);
      if (file === undefined) continue;
      for (const name of helpersOf(file, host)) {
        const found = await cache.get(JSON.stringify([name, host]), async () =>
          askHelper(name, host, surroundings, signal),
        );
        if (found !== undefined) return found;
      }
      const found = credentialsIn(file, host, repository);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

function helpersOf(file: AccountFile, host: string): readonly string[] {
  const names = [helperFor(file, host), file.credsStore];
  return [...new Set(names.filter((name) => name !== undefined))];
}
