import { isRegistryError, RegistryError } from "@ocilayout/oci-types";

import { mutant } from "../kit-mutant.ts";

export default mutant(
  "takes a manifest that is damaged for one that is not there",
  ["LAYOUT-58"],
  (whole) => ({
    getManifest: async (...args) => {
      try {
        return await whole.getManifest(...args);
      } catch (error) {
        if (isRegistryError(error, "CONTENT_CORRUPT"))
          throw new RegistryError("MANIFEST_UNKNOWN", "no such manifest");
        throw error;
      }
    },
  }),
);
