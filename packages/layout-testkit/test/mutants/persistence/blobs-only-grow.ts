import { type Descriptor } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("caches blobs that another registry has deleted", ["OPEN-11"], (whole) => {
  const known: Map<string, Descriptor> = new Map();
  return {
    async resolveBlob(repo, digest, options) {
      const blob = known.get(digest) ?? (await whole.resolveBlob(repo, digest, options));
      known.set(digest, blob);
      return blob;
    },
    async deleteBlob(repo, digest, options) {
      await whole.deleteBlob(repo, digest, options);
      known.delete(digest);
    },
  };
});

export default it;
