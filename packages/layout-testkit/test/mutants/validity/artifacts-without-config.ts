import { computeDigest } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { documentOf, mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("accepts an artifact without a config", ["MANIFEST-09"], (whole) => ({
  pushManifest: (repo, content, mediaType, options) =>
    unless(whole.pushManifest(repo, content, mediaType, options), "MANIFEST_INVALID", async (error) => {
      const document = documentOf(content);
      if (document["config"] === undefined && "artifactType" in document)
        return { mediaType, ...(await computeDigest(content)) };
      throw error;
    }),
}));

export default it;
