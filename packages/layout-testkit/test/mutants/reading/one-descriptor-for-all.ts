import type { Descriptor } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { changeReader, mutant } from "../mutant.ts";

const it: Mutant = mutant("returns one descriptor object to all readers of a blob", ["READ-90"], (whole) => {
  const kept: Map<string, Descriptor> = new Map();
  return {
    getBlob: async (repo, digest, options) => {
      const reader = await whole.getBlob(repo, digest, options);
      const descriptor = kept.get(digest) ?? reader.descriptor;
      kept.set(digest, descriptor);
      return changeReader(reader, { descriptor });
    },
  };
});

export default it;
