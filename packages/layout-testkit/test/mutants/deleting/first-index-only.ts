import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("names only one of two indexes", ["DELETE-05"], (whole) => ({
  deleteManifest: (repo, digest, options) =>
    unless(whole.deleteManifest(repo, digest, options), "DENIED", (error) => {
      const { referencedBy = [] } = error.detail ?? {};
      throw new RegistryError("DENIED", "", {
        detail: { reason: "REFERENCED", referencedBy: referencedBy.slice(0, 1) },
      });
    }),
}));

export default it;
