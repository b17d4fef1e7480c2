import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { moment, mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "checks the precondition of a deletion before its transaction",
  ["TOGETHER-07"],
  (whole) => ({
    async deleteTag(repo, tag, { ifMatch } = {}) {
      if (ifMatch !== undefined && (await whole.resolveTag(repo, tag)).digest !== ifMatch)
        throw new RegistryError("PRECONDITION_FAILED");
      await moment();
      await whole.deleteTag(repo, tag);
    },
  }),
);

export default it;
