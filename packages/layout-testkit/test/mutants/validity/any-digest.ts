import { computeDigest } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless, documentOf } from "../mutant.ts";

const it: Mutant = mutant("accepts any digest in a descriptor", ["VALID-05"], (whole) => ({
  pushManifest: (repo, content, mediaType, options) =>
    unless(whole.pushManifest(repo, content, mediaType, options), "MANIFEST_INVALID", async (error) => {
      const document = documentOf(content);
      if (JSON.stringify(document).includes("latest"))
        return { mediaType, ...(await computeDigest(content)) };
      throw error;
    }),
}));

export default it;
