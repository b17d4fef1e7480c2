import type { Descriptor } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, changeWriter } from "../mutant.ts";

const it: Mutant = mutant(
  "counts only the last writer's bytes in the size of the blob",
  ["UPLOAD-04"],
  (whole) => ({
    pushBlobChunkedResume: async (...args) => {
      const writer = await whole.pushBlobChunkedResume(...args);
      const before = writer.size;
      const commit = async (digest: string): Promise<Descriptor> => {
        const committed = await writer.commit(digest);
        return { ...committed, size: committed.size - before };
      };
      return changeWriter(writer, { commit });
    },
  }),
);

export default it;
