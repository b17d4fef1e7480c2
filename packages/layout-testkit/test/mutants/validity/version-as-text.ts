import { computeDigest } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { documentOf, mutant, unless } from "../mutant.ts";

const it: Mutant = mutant(
  "accepts a schemaVersion that is a string",
  ["MANIFEST-09", "VALID-06"],
  (whole) => ({
    pushManifest: (repo, content, mediaType, options) =>
      unless(whole.pushManifest(repo, content, mediaType, options), "MANIFEST_INVALID", async (error) => {
        const document = documentOf(content);
        if (document["schemaVersion"] === "2") return { mediaType, ...(await computeDigest(content)) };
        throw error;
      }),
  }),
);

export default it;
