import type { Descriptor } from "@ocilayout/oci-types";
import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { documentOf, mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("checks the layers of an existing manifest again", ["REFERENCE-08"], (whole) => ({
  pushManifest: async (repo, content, mediaType, options) => {
    const { layers = [] } = documentOf(content) as { readonly layers?: readonly Descriptor[] };
    for (const { digest } of layers) {
      await unless(whole.resolveBlob(repo, digest), "BLOB_UNKNOWN", () => {
        throw new RegistryError("MANIFEST_BLOB_UNKNOWN", "a layer is missing", {
          detail: { missing: [digest] },
        });
      });
    }
    return whole.pushManifest(repo, content, mediaType, options);
  },
}));

export default it;
