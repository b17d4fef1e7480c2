import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("exposes its directory in a message", ["BLOB-07"], (whole, { tempDir }) => ({
  getBlob: (...args) =>
    unless(whole.getBlob(...args), "BLOB_UNKNOWN", () => {
      throw new RegistryError("BLOB_UNKNOWN", `no such file: ${tempDir}/blobs`);
    }),
}));

export default it;
