import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("rejects the empty blob", ["BLOB-05"], (whole) => ({
  pushBlob: async (repo, expected, content, options) => {
    if (!expected.size && expected.size !== undefined) throw new RegistryError("SIZE_INVALID");
    return whole.pushBlob(repo, expected, content, options);
  },
}));

export default it;
