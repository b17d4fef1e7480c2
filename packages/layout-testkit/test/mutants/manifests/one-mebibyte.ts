import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("rejects manifests of more than a mebibyte", ["MANIFEST-14"], (whole) => ({
  pushManifest: async (repo, content, mediaType, options) => {
    if (content instanceof Uint8Array && content.length > 1024 * 1024)
      throw new RegistryError("SIZE_INVALID");
    return whole.pushManifest(repo, content, mediaType, options);
  },
}));

export default it;
