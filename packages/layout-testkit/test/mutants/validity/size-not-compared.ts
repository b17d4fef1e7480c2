import { computeDigest, validateImageManifest } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless, documentOf } from "../mutant.ts";

const it: Mutant = mutant("does not compare the sizes of referenced blobs", ["VALID-03"], (whole) => ({
  pushManifest: (repo, content, mediaType, options) =>
    unless(whole.pushManifest(repo, content, mediaType, options), "MANIFEST_INVALID", async (error) => {
      const document = documentOf(content);
      if ("config" in document && validateImageManifest(document).length === 0)
        return { mediaType, ...(await computeDigest(content)) };
      throw error;
    }),
}));

export default it;
