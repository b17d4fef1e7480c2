import type { Descriptor } from "@ocilayout/oci-types";
import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { documentOf, mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "requires one media type for all references to a blob",
  ["REFERENCE-09"],
  (whole) => ({
    pushManifest: async (repo, content, mediaType, options) => {
      const { layers } = documentOf(content) as { readonly layers?: readonly Descriptor[] };
      if (Array.isArray(layers)) {
        const types = new Map((layers as Descriptor[]).map((layer) => [layer.digest, layer.mediaType]));
        if ((layers as Descriptor[]).some((layer) => types.get(layer.digest) !== layer.mediaType))
          throw new RegistryError("MANIFEST_INVALID", "one blob of two types");
      }
      return whole.pushManifest(repo, content, mediaType, options);
    },
  }),
);

export default it;
