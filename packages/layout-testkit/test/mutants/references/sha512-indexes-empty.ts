import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "does not find the children of an index with a sha512 digest",
  ["REFERENCE-10"],
  (whole) => {
    let isHidden = false;
    return {
      pushManifest: async (...args) => {
        const pushed = await whole.pushManifest(...args);
        isHidden ||= pushed.digest.startsWith("sha512:");
        return pushed;
      },
      resolveManifest: async (...args) => {
        if (isHidden) throw new RegistryError("MANIFEST_UNKNOWN", "no such manifest");
        return whole.resolveManifest(...args);
      },
    };
  },
);

export default it;
