import { computeDigest } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless, documentOf } from "../mutant.ts";

const it: Mutant = mutant(
  "treats a layer with an empty list of urls as foreign",
  ["MANIFEST-05"],
  (whole) => ({
    pushManifest: (repo, content, mediaType, options) =>
      unless(
        whole.pushManifest(repo, content, mediaType, options),
        "MANIFEST_BLOB_UNKNOWN",
        async (error) => {
          if (JSON.stringify(documentOf(content)).includes('"urls":[]'))
            return { mediaType, ...(await computeDigest(content)) };
          throw error;
        },
      ),
  }),
);

export default it;
