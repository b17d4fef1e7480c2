import { RegistryError, manifestKind } from "@ocilayout/oci-types";
import { stripMediaTypeParameters } from "@ocilayout/oci-types/authors";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("stores only known types", ["MANIFEST-07"], (whole) => ({
  pushManifest: async (repo, content, mediaType, options) => {
    if (manifestKind(stripMediaTypeParameters(mediaType)) === "opaque")
      throw new RegistryError("MANIFEST_INVALID");
    return whole.pushManifest(repo, content, mediaType, options);
  },
}));

export default it;
