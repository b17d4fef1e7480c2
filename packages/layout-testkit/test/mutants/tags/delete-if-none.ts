import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("ignores ifNoneMatch in a deletion", ["TAG-07"], (whole) => ({
  deleteTag: (repo, tag, options) => whole.deleteTag(repo, tag, { ...options, ifNoneMatch: undefined }),
}));

export default it;
