import type { Descriptor } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, pretend, unless, changeWriters } from "../mutant.ts";

const it: Mutant = mutant("stores content after a digest mismatch", ["UPLOAD-22"], (whole) => {
  const wrong: Map<string, Descriptor> = new Map();
  return {
    ...changeWriters(whole, (writer) => ({
      commit: (digest) =>
        unless(writer.commit(digest), "DIGEST_INVALID", (error) => {
          wrong.set(digest, pretend(digest, writer.size));
          throw error;
        }),
    })),
    resolveBlob: (repo, digest, options) =>
      unless(whole.resolveBlob(repo, digest, options), "BLOB_UNKNOWN", (error) => {
        const found = wrong.get(digest);
        if (found === undefined) throw error;
        return found;
      }),
  };
});

export default it;
