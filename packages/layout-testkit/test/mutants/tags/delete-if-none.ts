import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("deletes a tag that must not be there", ["TAG-07"], (whole) => ({
  deleteTag: (repo, tag, options) => whole.deleteTag(repo, tag, { ...options, ifNoneMatch: undefined }),
}));

export default it;
