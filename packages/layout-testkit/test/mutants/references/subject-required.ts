import type { Descriptor } from "@ocilayout/oci-types";
import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless, documentOf } from "../mutant.ts";

const it: Mutant = mutant("rejects a manifest whose subject is missing", ["MANIFEST-04"], (whole) => ({
  pushManifest: async (repo, content, mediaType, options) => {
    const { subject } = documentOf(content) as { subject?: Descriptor };
    if (subject !== undefined && typeof subject.digest === "string")
      await unless(whole.resolveManifest(repo, subject.digest), "MANIFEST_UNKNOWN", () => {
        throw new RegistryError("MANIFEST_BLOB_UNKNOWN");
      });
    return whole.pushManifest(repo, content, mediaType, options);
  },
}));

export default it;
