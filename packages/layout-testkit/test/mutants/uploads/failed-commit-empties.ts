import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless, changeWriters } from "../mutant.ts";

const it: Mutant = mutant("empties a session after a failed commit", ["UPLOAD-22"], (whole) => {
  const emptied: Set<string> = new Set();
  const writers = changeWriters(whole, (writer) => ({
    commit: (digest) =>
      unless(writer.commit(digest), "DIGEST_INVALID", (error) => {
        emptied.add(writer.id);
        throw error;
      }),
  }));
  return {
    ...writers,
    pushBlobChunkedResume: async (repo, id, options) => {
      if (emptied.has(id) && options?.offset !== 0) throw new RegistryError("RANGE_INVALID");
      return writers.pushBlobChunkedResume(repo, id, options);
    },
  };
});

export default it;
