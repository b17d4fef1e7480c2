import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "ignores unsupported preconditions of a deletion",
  ["TAG-08"],
  (whole) => ({
    async pushManifest(repo, content, mediaType, options) {
      if (options?.ifMatch !== undefined || options?.ifNoneMatch !== undefined)
        throw new RegistryError("UNSUPPORTED");
      return whole.pushManifest(repo, content, mediaType, options);
    },
    deleteTag: (repo, tag) => whole.deleteTag(repo, tag),
  }),
  { capabilities: { conditionalTags: false } },
);

export default it;
