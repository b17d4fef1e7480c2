import { computeDigest } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant(
  "keeps a manifest as a blob although a precondition failed",
  ["TAG-05"],
  (whole) => ({
    pushManifest: (repo, content, mediaType, options) =>
      unless(whole.pushManifest(repo, content, mediaType, options), "PRECONDITION_FAILED", async (error) => {
        await whole.pushBlob(repo, await computeDigest(content), content);
        throw error;
      }),
  }),
);

export default it;
