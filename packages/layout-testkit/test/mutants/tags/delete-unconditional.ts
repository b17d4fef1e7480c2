import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("ignores the preconditions of deletions", ["TAG-07"], (whole) => ({
  deleteTag: async (repo, tag, options) => whole.deleteTag(repo, tag, { signal: options?.signal }),
}));

export default it;
