import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "takes an ifMatch that is empty for none when it deletes a tag",
  ["TAG-07"],
  (whole) => ({
    deleteTag: (repo, tag, options) => whole.deleteTag(repo, tag, options?.ifMatch === "" ? {} : options),
  }),
);

export default it;
