import { isRegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("removes the existing blob if a source fails", ["SOURCE-05"], (whole) => ({
  pushBlob: async (repo, descriptor, content, options) => {
    try {
      return await whole.pushBlob(repo, descriptor, content, options);
    } catch (error) {
      if (!isRegistryError(error) && !(error instanceof TypeError))
        await whole.deleteBlob(repo, descriptor.digest).catch(() => undefined);
      throw error;
    }
  },
}));

export default it;
