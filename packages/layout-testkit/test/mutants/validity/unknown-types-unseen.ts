import { computeDigest, manifestKind } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { documentOf, mutant } from "../mutant.ts";

const it: Mutant = mutant("does not read documents of unknown types", ["VALID-100"], (whole) => ({
  pushManifest: async (repo, content, mediaType, options) => {
    const isRefused =
      manifestKind(mediaType) === "opaque" && typeof documentOf(content)["mediaType"] === "string";
    if (!isRefused || documentOf(content)["mediaType"] === mediaType)
      return whole.pushManifest(repo, content, mediaType, options);
    return { mediaType, ...(await computeDigest(content)) };
  },
}));

export default it;
