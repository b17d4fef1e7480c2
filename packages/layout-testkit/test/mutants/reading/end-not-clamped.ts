import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("rejects a range that ends after the blob", ["RANGE-02"], (whole) => ({
  getBlobRange: async (repo, digest, range, options) => {
    if ((range.end ?? 0) > (await whole.resolveBlob(repo, digest, options)).size)
      throw new RegistryError("RANGE_INVALID");
    return whole.getBlobRange(repo, digest, range, options);
  },
}));

export default it;
