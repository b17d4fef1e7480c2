import type { Descriptor } from "@ocilayout/oci-types";
import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, documentOf, moment } from "../mutant.ts";

const it: Mutant = mutant(
  "checks the children of an index before its transaction",
  ["TOGETHER-05"],
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
    deleteManifest: async (repo, digest, options) => {
      await whole.deleteManifest(repo, digest, options);
      await whole.deleteBlob(repo, digest);
    },
  }),
  { memory: { allowSparse: true } },
);

export default it;
