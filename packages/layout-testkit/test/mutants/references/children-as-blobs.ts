import type { Descriptor } from "@ocilayout/oci-types";
import { computeDigest } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless, documentOf } from "../mutant.ts";

const it: Mutant = mutant("only checks that the children of an index exist", ["MANIFEST-10"], (whole) => ({
  pushManifest: (repo, content, mediaType, options) =>
    unless(whole.pushManifest(repo, content, mediaType, options), "MANIFEST_INVALID", async (error) => {
      const { manifests } = documentOf(content) as { manifests?: readonly Descriptor[] };
      if (
        !Array.isArray(manifests) ||
        manifests.length !== 1 ||
        typeof (manifests as Descriptor[])[0]?.size !== "number"
      )
        throw error;
      return { mediaType, ...(await computeDigest(content)) };
    }),
}));

export default it;
