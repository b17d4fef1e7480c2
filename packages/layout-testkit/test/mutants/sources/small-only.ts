import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("rejects blobs of more than a mebibyte", ["SOURCE-02"], (whole) => ({
  pushBlob: async (repo, expected, content, options) => {
    if ((expected.size ?? 0) > 1024 * 1024) throw new RegistryError("SIZE_INVALID");
    return whole.pushBlob(repo, expected, content, options);
  },
}));

export default it;
