import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, documentOf } from "../mutant.ts";

const it: Mutant = mutant("accepts only known artifact types", ["VALID-08"], (whole) => ({
  pushManifest: async (repo, content, mediaType, options) => {
    const { artifactType } = documentOf(content);
    if (typeof artifactType === "string" && !["a/b", "application/vnd.conformance"].includes(artifactType))
      throw new RegistryError("MANIFEST_INVALID");
    return whole.pushManifest(repo, content, mediaType, options);
  },
}));

export default it;
