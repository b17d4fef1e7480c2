import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("treats an empty tag as every tag", ["DELETE-02"], (whole) => ({
  deleteTag: (repo, tag, options) =>
    unless(whole.deleteTag(repo, tag, options), "NAME_INVALID", async (error) => {
      if (tag !== "") throw error;
      for (const each of await collect(whole.tags(repo))) await whole.deleteTag(repo, each);
    }),
}));

export default it;
