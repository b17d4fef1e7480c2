import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("rejects names of more than two components", ["NAME-02"], (whole) => ({
  pushBlob: async (repo, expected, content, options) => {
    if (typeof repo === "string" && repo.split("/").length > 2) throw new RegistryError("NAME_INVALID");
    return whole.pushBlob(repo, expected, content, options);
  },
}));

export default it;
