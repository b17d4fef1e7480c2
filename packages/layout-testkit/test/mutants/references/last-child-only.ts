import { computeDigest } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { documentOf, mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("checks only the last child", ["MANIFEST-10"], (whole) => ({
  pushManifest: (repo, content, mediaType, options) =>
    unless(whole.pushManifest(repo, content, mediaType, options), "MANIFEST_BLOB_UNKNOWN", async (error) => {
      const document = documentOf(content);
      if (Array.isArray(document["manifests"]) && document["manifests"].length > 1)
        return { mediaType, ...(await computeDigest(content)) };
      throw error;
    }),
}));

export default it;
