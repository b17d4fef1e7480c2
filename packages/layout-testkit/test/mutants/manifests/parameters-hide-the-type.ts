import { computeDigest } from "@ocilayout/oci-types";
import { stripMediaTypeParameters } from "@ocilayout/oci-types/authors";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("does not recognize a type with parameters", ["MANIFEST-15"], (whole) => ({
  pushManifest: (repo, content, mediaType, options) =>
    typeof mediaType === "string" && mediaType.includes(";")
      ? unless(whole.pushManifest(repo, content, mediaType, options), "MANIFEST_INVALID", async () => ({
          mediaType: stripMediaTypeParameters(mediaType),
          ...(await computeDigest(content)),
        }))
      : whole.pushManifest(repo, content, mediaType, options),
}));

export default it;
