import { computeDigest } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { documentOf, mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("accepts Docker manifests as OCI manifests", ["VALID-09"], (whole) => ({
  pushManifest: (repo, content, mediaType, options) =>
    unless(whole.pushManifest(repo, content, mediaType, options), "MANIFEST_INVALID", async (error) => {
      const document = documentOf(content);
      if (String(document["mediaType"]).includes("docker") && !mediaType.includes("docker"))
        return { mediaType, ...(await computeDigest(content)) };
      throw error;
    }),
}));

export default it;
