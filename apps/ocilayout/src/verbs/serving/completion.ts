import { completionScript, SHELLS } from "../../completion/script.ts";
import { UsageError } from "../../errors/usage-error.ts";
import { writeText } from "../../output/output.ts";
import { optional } from "../../parsing/spec.ts";
import { defineVerb, type Verb } from "../../parsing/verb.ts";

/** `ocilayout completion`: prints the completion script of a shell. */
export const verb: Verb = defineVerb({
  positionals: { shell: optional("bash, zsh or fish [default: the shell in SHELL]", "none") },
  options: {},
  examples: [
    ["source <(ocilayout completion)", "Complete verbs, options, repositories and tags in this shell"],
  ],
  hasPlaces: false,
  run: async ({ shell: name = process.env["SHELL"] ?? "" }, { output }) => {
    const shell = SHELLS.find((it) => name === it || name.endsWith(`/${it}`));
    if (shell === undefined)
      throw new UsageError(`completion needs ${SHELLS.join(", ")}, not ${JSON.stringify(name)}`);
    await writeText(output, completionScript(shell));
    return undefined;
  },
});
