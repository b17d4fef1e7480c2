import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("caches that a blob was missing", ["OPEN-09"], () => ({}), {
  reopen: (whole) => {
    const absent: Set<string> = new Set();
    return {
      ...whole,
      async resolveBlob(repo, name, options) {
        if (absent.has(name)) throw new RegistryError("BLOB_UNKNOWN");
        return unless(whole.resolveBlob(repo, name, options), "BLOB_UNKNOWN", (error) => {
          absent.add(name);
          throw error;
        });
      },
    };
  },
});

export default it;
