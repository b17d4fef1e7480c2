import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("keeps upload sessions in memory", ["OPEN-05"], (whole) => {
  const own: Set<string> = new Set();
  return {
    pushBlobChunked: async (repo, options) => {
      const writer = await whole.pushBlobChunked(repo, options);
      own.add(writer.id);
      return writer;
    },
    resolveUpload: async (repo, id, options) => {
      const status = await whole.resolveUpload(repo, id, options);
      if (!own.has(id)) throw new RegistryError("BLOB_UPLOAD_UNKNOWN");
      return status;
    },
  };
});

export default it;
