import { RegistryError } from "@ocilayout/oci-types";
import { isRecord } from "@ocilayout/oci-types/authors";

import type { Credentials } from "../credentials.ts";
import { requireCredentials } from "../require-credentials.ts";
import { matchingKeys } from "./account-keys.ts";

/** The name of a user that stands for an identity token. */
const TOKEN_USER = "<token>";

/** The accounts in Docker's `config.json` or podman's `auth.json`. */
export interface AccountFile {
  /** The name of the file for messages: `Docker's config.json`. */
  readonly role: string;
  readonly auths: ReadonlyMap<string, unknown>;
  /** The helpers of single hosts. */
  readonly credHelpers: ReadonlyMap<string, unknown>;
  /** The helper of all hosts. */
  readonly credsStore: string | undefined;
}

/**
 * Parses a file of accounts. Unknown members are ignored.
 *
 * @param role - The name of the file for messages.
 * @throws `RegistryError` with `UNAUTHORIZED` if the text is not a JSON object, or a known member has the wrong type.
 * @see {@link https://docs.docker.com/reference/cli/docker/login/#credential-stores}
 * @see {@link https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md}
 */
export function parseAccountFile(text: string, role: string): AccountFile {
  const file = parseJson(text, role);
  const store = file["credsStore"];
  if (store !== undefined && store !== null && typeof store !== "string")
    throw damaged(role, "credsStore is not a string");
  return {
    role,
    auths: membersOf(file, "auths", role),
    credHelpers: membersOf(file, "credHelpers", role),
    credsStore: store === null || store === "" ? undefined : store,
  };
}

/**
 * Returns the name of the helper for a host: of that host, or else of all.
 *
 * @throws `RegistryError` with `UNAUTHORIZED` if it is not a string.
 */
export function helperFor(file: AccountFile, host: string): string | undefined {
  const [key] = matchingKeys([...file.credHelpers.keys()], host, undefined);
  const own = key === undefined ? undefined : file.credHelpers.get(key);
  if (own !== undefined && typeof own !== "string")
    throw damaged(file.role, "the name of a helper is not a string");
  return own === undefined || own === "" ? file.credsStore : own;
}

/**
 * Returns the credentials that the file itself has for a host and repository.
 *
 * @throws `RegistryError` with `UNAUTHORIZED` if their entry is damaged.
 */
export function credentialsIn(
  file: AccountFile,
  host: string,
  repository: string | undefined,
): Credentials | undefined {
  for (const key of matchingKeys([...file.auths.keys()], host, repository)) {
    const found = readEntry(file.auths.get(key), file.role, host);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Returns credentials for a user and a secret. The user `<token>` stands for an identity token. */
export function credentialsOf(username: string, secret: string): Credentials {
  return username === TOKEN_USER ? { identityToken: secret } : { username, password: secret };
}

function readEntry(entry: unknown, role: string, host: string): Credentials | undefined {
  if (!isRecord(entry)) throw damaged(role, `the entry for ${host} is not an object`);
  const member = (name: string): string | undefined => {
    const value = entry[name];
    if (value !== undefined && value !== null && typeof value !== "string")
      throw damaged(role, `${name} of ${host} is not a string`);
    return value === null || value === "" ? undefined : value;
  };
  const registryToken = member("registrytoken");
  const identityToken = member("identitytoken");
  const auth = member("auth");
  const pair = auth === undefined ? undefined : decodePair(auth, role, host);
  const username = pair?.username ?? member("username");
  const password = pair?.password ?? member("password");
  try {
    if (registryToken !== undefined) return requireCredentials({ registryToken });
    if (identityToken !== undefined) return requireCredentials({ identityToken, username });
    if (username === undefined || password === undefined) return undefined;
    return requireCredentials(credentialsOf(username, password));
  } catch (error) {
    throw damaged(role, `the entry for ${host} is invalid`, error);
  }
}

/** Decodes the member `auth`: user and password, with a colon between them, in base64. */
function decodePair(auth: string, role: string, host: string): { username: string; password: string } {
  let text: string;
  try {
    const binary = atob(auth.trim());
    text = new TextDecoder().decode(Uint8Array.from(binary, (character) => character.charCodeAt(0)));
  } catch {
    throw damaged(role, `auth of ${host} is not base64`);
  }
  const colon = text.indexOf(":");
  if (colon < 1) throw damaged(role, `auth of ${host} has no user and password`);
  // Old versions of Docker padded the password.
  return { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, "") };
}

function parseJson(text: string, role: string): Record<string, unknown> {
  let file: unknown;
  try {
    file = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    // The error of the parser quotes the text, which contains secrets.
    throw damaged(role, "it is not valid JSON");
  }
  if (!isRecord(file)) throw damaged(role, "it is not a JSON object");
  return file;
}

function membersOf(file: Record<string, unknown>, name: string, role: string): ReadonlyMap<string, unknown> {
  const value = file[name];
  if (value === undefined || value === null) return new Map();
  if (!isRecord(value)) throw damaged(role, `${name} is not an object`);
  return new Map(Object.entries(value));
}

function damaged(role: string, reason: string, cause?: unknown): RegistryError {
  return new RegistryError(
    "UNAUTHORIZED",
    `cannot read the credentials in ${role}: ${reason}`,
    cause === undefined ? {} : { cause },
  );
}
