import type { Descriptor } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("returns the same descriptor object of a blob every time", ["BLOB-15"], (whole) => {
  const given: Map<string, Descriptor> = new Map();
  return {
    resolveBlob: async (repo, digest, options) => {
      const descriptor = await whole.resolveBlob(repo, digest, options);
      const known = given.get(repo + digest);
      if (known === undefined) given.set(repo + digest, descriptor);
      return known ?? descriptor;
    },
  };
});

export default it;
