import { requireObject } from "@ocilayout/oci-types/authors";

import type { Credentials } from "./credentials.ts";

/** The maximum length of each part of credentials, in characters. */
const MAX_LENGTH = 64 * 1024;

/**
 * Returns a copy of credentials that a caller or a source gave.
 *
 * @throws TypeError if they have none of the forms of {@link Credentials}, a colon in the name of the user, or a token that does
 * not fit into a header. The message never has a value.
 */
export function requireCredentials(value: unknown): Credentials {
  requireObject(value, "credentials");
  const { username, password, identityToken, registryToken } = value as Record<string, unknown>;
  if (registryToken !== undefined) {
    const token = requireText(registryToken, "registryToken");
    if (!isHeaderSafe(token)) throw new TypeError("registryToken must be visible ASCII without spaces");
    return { registryToken: token };
  }
  const name = username === undefined ? undefined : requireText(username, "username");
  if (name?.includes(":") === true) throw new TypeError("username must not have a colon");
  if (identityToken !== undefined)
    return { identityToken: requireText(identityToken, "identityToken"), username: name };
  if (name === undefined)
    throw new TypeError("credentials must have username and password, identityToken, or registryToken");
  return { username: name, password: requireText(password, "password", 0) };
}

/** Whether a text can be sent as a token: visible ASCII, without spaces. */
export function isHeaderSafe(text: string): boolean {
  return /^[!-~]+$/.test(text);
}

function requireText(value: unknown, name: string, least = 1): string {
  if (typeof value !== "string") throw new TypeError(`${name} must be a string, not ${typeof value}`);
  if (value.length < least) throw new TypeError(`${name} must not be empty`);
  if (value.length > MAX_LENGTH) throw new TypeError(`${name} must have at most ${MAX_LENGTH} characters`);
  return value;
}
