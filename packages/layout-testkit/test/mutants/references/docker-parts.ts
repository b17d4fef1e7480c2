import { computeDigest } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { documentOf, mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("does not check the references of Docker manifests", ["MANIFEST-03"], (whole) => ({
  pushManifest: (repo, content, mediaType, options) =>
    unless(whole.pushManifest(repo, content, mediaType, options), "MANIFEST_BLOB_UNKNOWN", async (error) => {
      const document = documentOf(content);
      if (mediaType.includes("docker") && "layers" in document)
        return { mediaType, ...(await computeDigest(content)) };
      throw error;
    }),
}));

export default it;
