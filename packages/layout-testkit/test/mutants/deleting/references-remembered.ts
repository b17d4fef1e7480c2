import type { Descriptor } from "@ocilayout/oci-types";
import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, documentOf } from "../mutant.ts";

const it: Mutant = mutant("never forgets a reference", ["DELETE-11"], (whole) => {
  const referred: Set<string> = new Set();
  return {
    pushManifest: async (repo, content, mediaType, options) => {
      const pushed = await whole.pushManifest(repo, content, mediaType, options);
      const { layers = [] } = documentOf(content) as { layers?: Descriptor[] };
      for (const { digest } of layers) referred.add(digest);
      return pushed;
    },
    deleteBlob: async (repo, digest, options) => {
      await whole.resolveBlob(repo, digest, options);
      if (referred.has(digest))
        throw new RegistryError("DENIED", undefined, { detail: { reason: "REFERENCED" } });
      await whole.deleteBlob(repo, digest, options);
    },
  };
});

export default it;
