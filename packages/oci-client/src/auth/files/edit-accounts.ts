import { basicPair } from "../basic.ts";
import type { Credentials } from "../credentials.ts";
import { isWholeHost, matchingKeys } from "./account-keys.ts";
import { parseAccountFile } from "./account-file.ts";
import { setMember } from "./json-members.ts";

/** A file without accounts, as Docker writes it. */
const EMPTY = '{\n\t"auths": {}\n}\n';

/** The members of an entry that are part of its credentials. */
const SECRETS = ["auth", "identitytoken", "registrytoken", "username", "password"];

/**
 * Returns the text of a file of accounts with an entry for `key`. All else stays as it is: members that are unknown here, the
 * order, and the white space.
 *
 * @param text - The text; an empty one, or `undefined`, is a file without accounts.
 * @param credentials - `undefined` for an entry without secrets, which shows that a helper has them.
 * @param role - The name of the file for messages.
 * @throws `RegistryError` with `UNAUTHORIZED` if the file is damaged.
 */
export function setAccount(
  text: string | undefined,
  key: string,
  credentials: Credentials | undefined,
  role: string,
): string {
  const { body, mark } = bodyOf(text);
  const { auths } = parseAccountFile(body, role);
  const wanted = entryOf(credentials);
  let changed = auths.has(key) ? body : setMember(body, ["auths", key], "{}");
  for (const name of SECRETS) {
    const value = wanted[name];
    changed = setMember(
      changed,
      ["auths", key, name],
      value === undefined ? undefined : JSON.stringify(value),
    );
  }
  return mark + changed;
}

/**
 * Returns the text without the entries for a whole host. Entries for paths below it stay.
 *
 * @returns `undefined` if it has no such entry.
 * @throws `RegistryError` with `UNAUTHORIZED` if the file is damaged.
 */
export function removeAccounts(text: string, host: string, role: string): string | undefined {
  const { body, mark } = bodyOf(text);
  const { auths } = parseAccountFile(body, role);
  const keys = matchingKeys([...auths.keys()], host, undefined).filter(isWholeHost);
  if (keys.length === 0) return undefined;
  return mark + keys.reduce((changed, key) => setMember(changed, ["auths", key], undefined), body);
}

/** Splits off the byte order mark, which some editors write. */
function bodyOf(text: string | undefined): { readonly body: string; readonly mark: string } {
  const mark = text?.startsWith("\uFEFF") === true ? "\uFEFF" : "";
  const body = text?.slice(mark.length) ?? "";
  return { body: body.trim() === "" ? EMPTY : body, mark };
}

function entryOf(credentials: Credentials | undefined): Readonly<Record<string, string>> {
  if (credentials === undefined) return {};
  if ("registryToken" in credentials) return { registrytoken: credentials.registryToken };
  const { username } = credentials;
  if ("password" in credentials) return { auth: basicPair(credentials.username, credentials.password) };
  const { identityToken } = credentials;
  return {
    ...(username === undefined ? {} : { auth: basicPair(username, "") }),
    identitytoken: identityToken,
  };
}
