import { isRegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("does not check the source of a mount", ["MOUNT-02"], (whole) => ({
  mountBlob: async (from, to, digest, options) => {
    if (from !== undefined)
      await whole.resolveBlob(from, digest, options).catch((error: unknown) => {
        if (!isRegistryError(error, "BLOB_UNKNOWN")) throw error;
      });
    return whole.mountBlob(undefined, to, digest, options);
  },
}));

export default it;
