import { computeDigest } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless, documentOf } from "../mutant.ts";

const it: Mutant = mutant("does not validate documents", ["MANIFEST-09", "VALID-06"], (whole) => ({
  pushManifest: (repo, content, mediaType, options) =>
    unless(whole.pushManifest(repo, content, mediaType, options), "MANIFEST_INVALID", async (error) => {
      const document = documentOf(content);
      if (Object.keys(document).length >= 0) return { mediaType, ...(await computeDigest(content)) };
      throw error;
    }),
}));

export default it;
