import { computeDigest } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { documentOf, mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("accepts a missing child with urls", ["MANIFEST-05"], (whole) => ({
  pushManifest: (repo, content, mediaType, options) =>
    unless(whole.pushManifest(repo, content, mediaType, options), "MANIFEST_BLOB_UNKNOWN", async (error) => {
      const document = documentOf(content);
      if (JSON.stringify(document["manifests"] ?? null).includes("urls"))
        return { mediaType, ...(await computeDigest(content)) };
      throw error;
    }),
}));

export default it;
