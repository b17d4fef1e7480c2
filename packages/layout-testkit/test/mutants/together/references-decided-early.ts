import type { Descriptor } from "@ocilayout/oci-types";
import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, documentOf, moment } from "../mutant.ts";

const it: Mutant = mutant(
  "checks references before its transaction",
  ["TOGETHER-04"],
  (whole) => ({
    pushManifest: async (repo, content, mediaType, options) => {
      const { layers = [], manifests = [] } = documentOf(content) as {
        layers?: Descriptor[];
        manifests?: Descriptor[];
      };
      const parts = Array.isArray(layers) && Array.isArray(manifests) ? [...layers, ...manifests] : [];
      const found = await Promise.all(
        parts.map((it) =>
          whole.resolveBlob(repo, it.digest).then(
            () => true,
            () => false,
          ),
        ),
      );
      if (found.includes(false)) throw new RegistryError("MANIFEST_BLOB_UNKNOWN");
      for (let i = 0; i < 3; i += 1) await moment();
      return whole.pushManifest(repo, content, mediaType, options);
    },
  }),
  { memory: { allowSparse: true } },
);

export default it;
