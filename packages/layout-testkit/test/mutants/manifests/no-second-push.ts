import { computeDigest, RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("rejects a repeated push of a manifest", ["MANIFEST-18"], (whole) => ({
  pushManifest: async (repo, content, mediaType, options) => {
    if (content instanceof Uint8Array) {
      const { digest } = await computeDigest(content);
      const isThere = await whole.resolveManifest(repo, digest).then(
        () => true,
        () => false,
      );
      const pushed = await whole.pushManifest(repo, content, mediaType, options);
      if (isThere) throw new RegistryError("DENIED");
      return pushed;
    }
    return whole.pushManifest(repo, content, mediaType, options);
  },
}));

export default it;
