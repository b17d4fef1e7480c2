import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("converts every argument to a string", ["NAME-05"], (whole) => ({
  resolveTag: async (...[repo, tag, options]: unknown[]) =>
    whole.resolveTag(String(repo), String(tag), options as object),
}));

export default it;
