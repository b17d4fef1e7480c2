import { isRegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("resolves the deletion of a blob and keeps it", ["DELETE-09"], (whole) => ({
  deleteBlob: async (repo, digest, options) => {
    await whole.resolveBlob(repo, digest, options);
    await whole.deleteBlob(repo, digest, options).catch((error: unknown) => {
      if (isRegistryError(error, "DENIED")) throw error;
    });
    await whole.pushBlob(repo, { digest }, new TextEncoder().encode("free")).catch(() => undefined);
  },
}));

export default it;
