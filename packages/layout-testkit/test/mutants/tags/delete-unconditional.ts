import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("deletes tags whatever the condition", ["TAG-07"], (whole) => ({
  deleteTag: async (repo, tag, options) => whole.deleteTag(repo, tag, { signal: options?.signal }),
}));

export default it;
