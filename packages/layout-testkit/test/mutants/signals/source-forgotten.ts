import { isRegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("does not close the source of a rejected push", ["SIGNAL-09"], (whole) => ({
  pushBlob: async (repo, expected, content, options) => {
    options?.signal?.throwIfAborted();
    if (content instanceof ReadableStream)
      await whole.resolveBlob(repo, expected.digest).catch((error: unknown) => {
        if (!isRegistryError(error, "BLOB_UNKNOWN")) throw error;
      });
    return whole.pushBlob(repo, expected, content, options);
  },
}));

export default it;
