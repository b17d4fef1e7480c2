import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("finds the blob to mount without adding it", ["MOUNT-01"], (whole) => ({
  mountBlob: async (from, to, digest, options) => {
    const repo = from ?? (await collect(whole.repositories()))[0] ?? to;
    return whole.resolveBlob(repo, digest, options);
  },
}));

export default it;
