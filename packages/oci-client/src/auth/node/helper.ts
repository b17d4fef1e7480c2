import { isRecord } from "@ocilayout/oci-types/authors";

import type { Credentials } from "../credentials.ts";
import { credentialsOf } from "../files/account-file.ts";
import { helperKeys } from "../files/account-keys.ts";
import { requireCredentials } from "../require-credentials.ts";
import type { HelperCall } from "./run-helper.ts";
import { failedHelper, runHelper } from "./run-helper.ts";
import type { Surroundings } from "./surroundings.ts";

/** The answer of a helper without credentials for the host. It comes on standard output. */
const NOT_FOUND = "credentials not found in native keychain";

type Action = HelperCall["action"];

/**
 * Asks a credential helper for the credentials of a host.
 *
 * @returns `undefined` if it has none. A helper that is not installed makes a note, and has none.
 * @throws `RegistryError` with `UNAUTHORIZED` if it fails; the signal's reason.
 */
export async function askHelper(
  name: string,
  host: string,
  surroundings: Surroundings,
  signal: AbortSignal | undefined,
): Promise<Credentials | undefined> {
  for (const key of helperKeys(host)) {
    const output = await callHelper(name, "get", key, surroundings, signal);
    if (output === "missing") return undefined;
    const found = output === "not found" ? undefined : parseOutput(name, output.text);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Gives credentials to a helper to keep.
 *
 * @returns Whether the helper is installed.
 * @throws `RegistryError` with `UNAUTHORIZED` if it fails; the signal's reason.
 */
export async function storeInHelper(
  name: string,
  host: string,
  { username, secret }: { readonly username: string; readonly secret: string },
  surroundings: Surroundings,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const input = JSON.stringify({ ServerURL: helperKeys(host)[0], Username: username, Secret: secret });
  return (await callHelper(name, "store", input, surroundings, signal)) !== "missing";
}

/**
 * Removes the credentials of a host from a helper.
 *
 * @returns Whether the helper had some.
 * @throws `RegistryError` with `UNAUTHORIZED` if it fails; the signal's reason.
 */
export async function eraseFromHelper(
  name: string,
  host: string,
  surroundings: Surroundings,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if ((await askHelper(name, host, surroundings, signal)) === undefined) return false;
  for (const key of helperKeys(host)) await callHelper(name, "erase", key, surroundings, signal);
  return true;
}

async function callHelper(
  name: string,
  action: Action,
  input: string,
  { env, helperMs, note }: Surroundings,
  signal: AbortSignal | undefined,
): Promise<{ readonly text: string } | "missing" | "not found"> {
  const result = await runHelper({ name, action, input, env, timeMs: helperMs, signal });
  if (result === undefined) {
    note(`the credential helper docker-credential-${name} is not installed`);
    return "missing";
  }
  if (result.status === 0) return { text: result.output };
  if (result.output.trim() === NOT_FOUND) return "not found";
  const how = result.status === undefined ? "it was killed" : `it ended with status ${result.status}`;
  throw failedHelper(name, how, new Error(result.output.trim()));
}

function parseOutput(name: string, text: string): Credentials | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    // The error of the parser quotes the output, which contains secrets.
    throw failedHelper(name, "its output is not JSON");
  }
  if (!isRecord(answer)) throw failedHelper(name, "its output is not an object");
  const { Username: username, Secret: secret } = answer;
  if (typeof username !== "string" || typeof secret !== "string")
    throw failedHelper(name, "its output has no Username or Secret");
  if (username === "" || secret === "") return undefined;
  try {
    return requireCredentials(credentialsOf(username, secret));
  } catch (error) {
    throw failedHelper(name, "its credentials are invalid", error);
  }
}
