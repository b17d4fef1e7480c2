import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("treats an empty ifMatch as absent in a deletion", ["TAG-07"], (whole) => ({
  deleteTag: (repo, tag, options) => whole.deleteTag(repo, tag, options?.ifMatch === "" ? {} : options),
}));

export default it;
