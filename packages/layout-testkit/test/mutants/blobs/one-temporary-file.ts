import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("uses one temporary file per digest", ["BLOB-11"], (whole) => {
  const pushing: Set<string> = new Set();
  return {
    pushBlob: async (repo, expected, content, options) => {
      if (pushing.has(expected.digest)) throw new RegistryError("STORAGE_FAILED");
      pushing.add(expected.digest);
      return whole.pushBlob(repo, expected, content, options).finally(() => pushing.delete(expected.digest));
    },
  };
});

export default it;
