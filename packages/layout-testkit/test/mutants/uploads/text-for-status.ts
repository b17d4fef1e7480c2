import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("reports an id that is not a string as unknown", ["UPLOAD-20"], (whole) => ({
  resolveUpload: async (repo, id, options) => {
    if (typeof id !== "string") throw new RegistryError("BLOB_UPLOAD_UNKNOWN");
    return whole.resolveUpload(repo, id, options);
  },
}));

export default it;
