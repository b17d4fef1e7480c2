import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("deletes a tag in every repository", ["DELETE-12"], (whole) => ({
  deleteTag: async (repo, tag, options) => {
    await whole.deleteTag(repo, tag, options);
    for (const name of await collect(whole.repositories()))
      await whole.deleteTag(name, tag).catch(() => undefined);
  },
}));

export default it;
