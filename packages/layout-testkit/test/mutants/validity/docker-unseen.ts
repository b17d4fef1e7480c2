import { computeDigest, dockerMediaTypes } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("does not validate Docker manifests", ["VALID-09"], (whole) => ({
  pushManifest: (repo, content, mediaType, options) =>
    unless(whole.pushManifest(repo, content, mediaType, options), "MANIFEST_INVALID", async (error) => {
      if (mediaType === dockerMediaTypes.manifest) return { mediaType, ...(await computeDigest(content)) };
      throw error;
    }),
}));

export default it;
