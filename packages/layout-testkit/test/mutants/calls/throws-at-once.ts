import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("throws before it returns a promise", ["NAME-01"], (whole) => ({
  resolveTag: (repo, tag, options) => {
    if (typeof repo === "string" && /[A-Z]/.test(repo)) throw new RegistryError("NAME_INVALID");
    return whole.resolveTag(repo, tag, options);
  },
}));

export default it;
