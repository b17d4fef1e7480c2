import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, documentOf } from "../mutant.ts";

const it: Mutant = mutant("rejects documents without a media type", ["VALID-07"], (whole) => ({
  pushManifest: async (repo, content, mediaType, options) => {
    const document = documentOf(content);
    if ("schemaVersion" in document && !("mediaType" in document))
      throw new RegistryError("MANIFEST_INVALID");
    return whole.pushManifest(repo, content, mediaType, options);
  },
}));

export default it;
