import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, documentOf } from "../mutant.ts";

const it: Mutant = mutant("rejects foreign layers", ["MANIFEST-05"], (whole) => ({
  pushManifest: async (repo, content, mediaType, options) => {
    const { layers } = documentOf(content) as { layers?: unknown };
    if (Array.isArray(layers) && JSON.stringify(layers).includes('"urls":["'))
      throw new RegistryError("MANIFEST_BLOB_UNKNOWN");
    return whole.pushManifest(repo, content, mediaType, options);
  },
}));

export default it;
