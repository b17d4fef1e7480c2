import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("throws before a list is read", ["NAME-01", "LIST-04"], (whole) => ({
  tags: (repo, options) => {
    if (typeof repo === "string" && /[A-Z]|nowhere/.test(repo))
      throw new RegistryError(repo.includes("nowhere") ? "NAME_UNKNOWN" : "NAME_INVALID");
    return whole.tags(repo, options);
  },
}));

export default it;
