import type { Descriptor } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, documentOf } from "../mutant.ts";

const it: Mutant = mutant("trusts an index's descriptors of its children", ["REFERENCE-03"], (whole) => {
  const claims: Map<string, Descriptor> = new Map();
  return {
    pushManifest: async (repo, content, mediaType, options) => {
      const pushed = await whole.pushManifest(repo, content, mediaType, options);
      const { manifests = [] } = documentOf(content) as { manifests?: Descriptor[] };
      for (const it of manifests) claims.set(it.digest, it);
      return pushed;
    },
    resolveManifest: async (repo, digest, options) => {
      const found = await whole.resolveManifest(repo, digest, options);
      return claims.get(digest) ?? found;
    },
  };
});

export default it;
