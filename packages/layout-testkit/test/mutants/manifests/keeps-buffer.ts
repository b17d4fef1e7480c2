import { createBlobReader } from "@ocilayout/oci-backend";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("keeps the caller's buffer", ["MANIFEST-16"], (whole) => {
  const kept: Map<string, Uint8Array> = new Map();
  return {
    pushManifest: async (repo, content, mediaType, options) => {
      const pushed = await whole.pushManifest(repo, content, mediaType, options);
      kept.set(pushed.digest, content);
      return pushed;
    },
    getManifest: async (repo, digest, options) => {
      const reader = await whole.getManifest(repo, digest, options);
      return createBlobReader(reader.descriptor, kept.get(digest) ?? reader, { verify: false });
    },
  };
});

export default it;
