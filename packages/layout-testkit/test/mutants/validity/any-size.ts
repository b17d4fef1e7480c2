import { computeDigest } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless, documentOf } from "../mutant.ts";

const it: Mutant = mutant("accepts any size in a descriptor", ["VALID-02"], (whole) => ({
  pushManifest: (repo, content, mediaType, options) =>
    unless(whole.pushManifest(repo, content, mediaType, options), "MANIFEST_INVALID", async (error) => {
      const document = documentOf(content);
      if (
        "config" in document &&
        typeof document["config"] === "object" &&
        !Number.isSafeInteger(Reflect.get(document["config"] ?? {}, "size"))
      )
        return { mediaType, ...(await computeDigest(content)) };
      throw error;
    }),
}));

export default it;
