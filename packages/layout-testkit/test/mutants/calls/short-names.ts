import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("rejects repository names of 255 characters", ["NAME-90"], (whole) => ({
  resolveTag: async (repo, tag, options) => {
    if (repo.length >= 255) throw new RegistryError("NAME_INVALID");
    return whole.resolveTag(repo, tag, options);
  },
}));

export default it;
