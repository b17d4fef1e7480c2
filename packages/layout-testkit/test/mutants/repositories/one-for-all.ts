import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("finds manifests in any repository", ["REPOSITORY-04"], (whole) => ({
  getManifest: (repo, digest, options) =>
    unless(whole.getManifest(repo, digest, options), "MANIFEST_UNKNOWN", async (error) => {
      for (const name of await collect(whole.repositories())) {
        const found = await whole.getManifest(name, digest, options).catch(() => undefined);
        if (found !== undefined) return found;
      }
      throw error;
    }),
}));

export default it;
