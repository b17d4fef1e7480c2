import { computeDigest } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { documentOf, mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("does not validate the annotations of children", ["VALID-04"], (whole) => ({
  pushManifest: (repo, content, mediaType, options) =>
    unless(whole.pushManifest(repo, content, mediaType, options), "MANIFEST_INVALID", async (error) => {
      const document = documentOf(content);
      if (JSON.stringify(document["manifests"] ?? null).includes("annotations"))
        return { mediaType, ...(await computeDigest(content)) };
      throw error;
    }),
}));

export default it;
