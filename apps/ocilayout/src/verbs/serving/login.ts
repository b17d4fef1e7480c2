import { openRemote, storeCredentials } from "@ocilayout/oci-client";
import { isRegistryError, RegistryError } from "@ocilayout/oci-types";
import { isValidHost } from "@ocilayout/ociref";
import { addAbortSignal } from "node:stream";

import { UsageError } from "../../errors/usage-error.ts";
import { writeJson, writeText } from "../../output/output.ts";
import { printable } from "../../output/text.ts";
import { flag, required, text } from "../../parsing/spec.ts";
import { remoteSpecs } from "../../parsing/specs.ts";
import { defineVerb, type Verb } from "../../parsing/verb.ts";
import { remoteOptions } from "../../places/remote.ts";

const REFUSED = "the registry refused the username or password";

/** The longest password in characters. Tokens are shorter. */
const MOST_CHARACTERS = 64 * 1024;

/** `ocilayout login`: stores the credentials of a registry. */
export const verb: Verb = defineVerb({
  positionals: { host: required("The registry, such as registry.example or localhost:5000", "none") },
  options: {
    username: text("NAME", "The name of the user"),
    "password-stdin": flag(
      "Read the password from the pipe; it is never an argument, which other users can see",
    ),
    "no-check": flag("Store the credentials without asking the registry"),
    ...remoteSpecs,
  },
  examples: [
    ["ocilayout login registry.example --username ci --password-stdin < token.txt", "Log in with a file"],
    ['echo "$TOKEN" | ocilayout login ghcr.io --username ci --password-stdin', "Log in with a variable"],
  ],
  hasPlaces: false,
  run: async (args, { output, stdin, signal }) => {
    const { host, username, json } = args;
    const isHost: boolean = isValidHost(host);
    if (!isHost) throw new UsageError(`login needs the host of a registry, not ${JSON.stringify(host)}`);
    if (username === undefined || username === "") throw new UsageError("login needs --username NAME");
    if (!args["password-stdin"])
      throw new UsageError("login reads the password from a pipe: add --password-stdin");
    const password = await readPassword(addAbortSignal(signal, stdin()));
    const credentials = { username, password };
    if (!args["no-check"]) {
      const { insecure, "ca-file": caFile, "cert-dir": certDir, "token-server": tokenServers } = args;
      const options = await remoteOptions(host, { insecure, caFile, certDir, tokenServers });
      const remote = await openRemote(host, { ...options, credentials, signal });
      try {
        await remote.ping({ signal });
      } catch (error) {
        throw isRegistryError(error, "UNAUTHORIZED")
          ? new RegistryError("UNAUTHORIZED", REFUSED, { cause: error })
          : error;
      } finally {
        await remote.close();
      }
    }
    let file: string | undefined;
    const onFile = (path: string): void => void (file = path);
    const storage = await storeCredentials(host, credentials, { signal, onFile });
    if (json) await writeJson(output, { host, username, storage, file });
    else
      await writeText(
        output,
        `logged in to ${host}; ${storage === "file" ? `the password is stored unencrypted, readable by you alone, in ${printable(file ?? "a file")}` : "the password is stored in the credential helper"}`,
      );
    return undefined;
  },
});

/** Reads a password without the line break at its end. */
async function readPassword(stdin: AsyncIterable<Uint8Array | string>): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let password = "";
  for await (const chunk of stdin) {
    password += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
    if (password.length > MOST_CHARACTERS) throw new UsageError("the password in the pipe is too long");
  }
  password = (password + decoder.decode()).replace(/\r?\n$/, "");
  if (password === "") throw new UsageError("the pipe has no password");
  return password;
}
