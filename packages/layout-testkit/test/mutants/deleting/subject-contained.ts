import { collect, RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("does not delete a subject", ["DELETE-07"], (whole) => ({
  deleteManifest: async (repo, digest, options) => {
    if ((await collect(whole.referrers(repo, digest, { signal: options?.signal }))).length > 0)
      throw new RegistryError("DENIED", undefined, { detail: { reason: "REFERENCED", referencedBy: [] } });
    await whole.deleteManifest(repo, digest, options);
  },
}));

export default it;
