import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("rejects empty ranges", ["RANGE-05"], (whole) => ({
  getBlobRange: async (repo, digest, range, options) => {
    const { size } = await whole.resolveBlob(repo, digest, options);
    if (range.start >= size) throw new RegistryError("RANGE_INVALID");
    return whole.getBlobRange(repo, digest, range, options);
  },
}));

export default it;
