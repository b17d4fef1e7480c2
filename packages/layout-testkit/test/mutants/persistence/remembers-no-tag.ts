import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("caches that a tag was missing", ["OPEN-09"], () => ({}), {
  reopen: (whole) => {
    const absent: Set<string> = new Set();
    return {
      ...whole,
      async resolveTag(repo, name, options) {
        if (absent.has(name)) throw new RegistryError("MANIFEST_UNKNOWN");
        return unless(whole.resolveTag(repo, name, options), "MANIFEST_UNKNOWN", (error) => {
          absent.add(name);
          throw error;
        });
      },
    };
  },
});

export default it;
