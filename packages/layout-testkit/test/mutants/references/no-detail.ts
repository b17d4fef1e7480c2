import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("does not name the missing blobs", ["REFERENCE-01"], (whole) => ({
  pushManifest: (...args) =>
    unless(whole.pushManifest(...args), "MANIFEST_BLOB_UNKNOWN", () => {
      throw new RegistryError("MANIFEST_BLOB_UNKNOWN");
    }),
}));

export default it;
