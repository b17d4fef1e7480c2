import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("mounts only sha256 digests", ["MOUNT-07"], (whole) => ({
  mountBlob: async (from, to, digest, options) => {
    if (typeof digest === "string" && digest.startsWith("sha512:")) throw new RegistryError("BLOB_UNKNOWN");
    return whole.mountBlob(from, to, digest, options);
  },
}));

export default it;
