import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("compares ifMatch without validating it", ["TAG-06"], (whole) => ({
  pushManifest: (repo, content, mediaType, options) =>
    unless(whole.pushManifest(repo, content, mediaType, options), "DIGEST_INVALID", (error) => {
      if (options?.ifMatch === undefined) throw error;
      throw new RegistryError("PRECONDITION_FAILED");
    }),
}));

export default it;
