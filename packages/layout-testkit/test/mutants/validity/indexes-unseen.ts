import { computeDigest, ociMediaTypes } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("does not validate indexes", ["VALID-06"], (whole) => ({
  pushManifest: (repo, content, mediaType, options) =>
    unless(whole.pushManifest(repo, content, mediaType, options), "MANIFEST_INVALID", async (error) => {
      if (mediaType === ociMediaTypes.imageIndex) return { mediaType, ...(await computeDigest(content)) };
      throw error;
    }),
}));

export default it;
