import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("names only the first missing blob", ["REFERENCE-01"], (whole) => ({
  pushManifest: (...args) =>
    unless(whole.pushManifest(...args), "MANIFEST_BLOB_UNKNOWN", (error) => {
      const { missing = [] } = error.detail ?? {};
      throw new RegistryError("MANIFEST_BLOB_UNKNOWN", undefined, {
        detail: { missing: missing.slice(0, 1) },
      });
    }),
}));

export default it;
