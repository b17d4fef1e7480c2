import { eraseCredentials } from "@ocilayout/oci-client";
import { isValidHost } from "@ocilayout/ociref";

import { UsageError } from "../../errors/usage-error.ts";
import { writeJson, writeText } from "../../output/output.ts";
import { required } from "../../parsing/spec.ts";
import { defineVerb, type Verb } from "../../parsing/verb.ts";

/** `ocilayout logout`: removes the credentials of a registry. */
export const verb: Verb = defineVerb({
  positionals: { host: required("The registry, such as registry.example or localhost:5000", "none") },
  options: {},
  examples: [["ocilayout logout registry.example", "Remove the credentials from the files and helpers"]],
  hasPlaces: false,
  run: async ({ host, json }, { output, signal }) => {
    const isHost: boolean = isValidHost(host);
    if (!isHost) throw new UsageError(`logout needs the host of a registry, not ${JSON.stringify(host)}`);
    const removed = await eraseCredentials(host, { signal });
    if (json) await writeJson(output, { host, removed });
    else await writeText(output, removed ? `logged out of ${host}` : `there were no credentials for ${host}`);
    return undefined;
  },
});
