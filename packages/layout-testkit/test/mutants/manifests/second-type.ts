import { computeDigest, manifestKind } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("lets a second type replace the first", ["MANIFEST-13"], (whole) => {
  const types: Map<string, string> = new Map();
  return {
    pushManifest: (repo, content, mediaType, options) => {
      if (manifestKind(mediaType) !== "opaque") return whole.pushManifest(repo, content, mediaType, options);
      return unless(whole.pushManifest(repo, content, mediaType, options), "MANIFEST_INVALID", async () => {
        const { digest, size } = await computeDigest(content);
        types.set(digest, mediaType);
        return { mediaType, digest, size };
      });
    },
    resolveManifest: async (repo, digest, options) => {
      const found = await whole.resolveManifest(repo, digest, options);
      return { ...found, mediaType: types.get(digest) ?? found.mediaType };
    },
  };
});

export default it;
