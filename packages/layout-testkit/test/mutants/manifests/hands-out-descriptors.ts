import type { Descriptor } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("returns its stored descriptors without a copy", ["MANIFEST-17"], (whole) => {
  const kept: Map<string, Descriptor> = new Map();
  return {
    resolveManifest: async (repo, digest, options) => {
      const found = kept.get(`${repo} ${digest}`) ?? (await whole.resolveManifest(repo, digest, options));
      kept.set(`${repo} ${digest}`, found);
      return found;
    },
  };
});

export default it;
