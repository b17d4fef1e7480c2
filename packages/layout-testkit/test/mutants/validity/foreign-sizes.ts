import { computeDigest } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { documentOf, mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("does not compare the sizes of layers with urls", ["VALID-03"], (whole) => ({
  pushManifest: (repo, content, mediaType, options) =>
    unless(whole.pushManifest(repo, content, mediaType, options), "MANIFEST_INVALID", async (error) => {
      const document = documentOf(content);
      if (JSON.stringify(document["layers"] ?? null).includes("urls"))
        return { mediaType, ...(await computeDigest(content)) };
      throw error;
    }),
}));

export default it;
