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
    ["source <(ocilayout completion bash)", "Complete verbs, options and tags in bash; add it to ~/.bashrc"],
    ["source <(ocilayout completion zsh)", "The same for zsh, in ~/.zshrc, after compinit"],
    ["ocilayout completion fish | source", "The same for fish, in ~/.config/fish/config.fish"],
  ],
  hasPlaces: false,
  run: async ({ shell: named }, { output }) => {
    const name = named ?? process.env["SHELL"] ?? "";
    const shell = SHELLS.find((it) => name === it || name.endsWith(`/${it}`));
    if (shell === undefined) {
      const from = named === undefined ? "SHELL is" : "it is";
      const now = name === "" ? "empty" : JSON.stringify(name);
      throw new UsageError(
        `completion needs the name of the shell, because ${from} ${now}: ocilayout completion ${SHELLS.join("|")}`,
      );
    }
    await writeText(output, completionScript(shell));
    return undefined;
  },
});
