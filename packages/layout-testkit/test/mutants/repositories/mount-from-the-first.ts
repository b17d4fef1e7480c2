import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("searches only the first repository for a blob", ["MOUNT-04"], (whole) => ({
  mountBlob: async (from, to, digest, options) => {
    const [first] = from === undefined ? await collect(whole.repositories({ ...options, limit: 1 })) : [];
    return whole.mountBlob(from ?? first, to, digest, options);
  },
}));

export default it;
