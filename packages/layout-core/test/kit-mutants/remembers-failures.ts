import { RegistryError } from "@ocilayout/oci-types";

import { mutant } from "../kit-mutant.ts";

export default mutant("remembers of which manifests it could read nothing", ["LAYOUT-63"], (whole) => {
  const failed: Set<string> = new Set();
  return {
    getManifest: async (repo, digest, options) => {
      if (failed.has(digest)) throw new RegistryError("MANIFEST_UNKNOWN");
      try {
        return await whole.getManifest(repo, digest, options);
      } catch (error) {
        failed.add(digest);
        throw error;
      }
    },
  };
});
