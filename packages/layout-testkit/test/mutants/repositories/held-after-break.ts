import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "holds a lock until a list of repositories is read to its end",
  ["REPOSITORY-05"],
  (whole) => {
    let isHeld = false;
    return {
      repositories: async function* (options) {
        isHeld = true;
        for await (const name of whole.repositories(options)) yield name;
        isHeld = false;
      },
      pushManifest: async (...args) => {
        if (isHeld) throw new RegistryError("LOCK_TIMEOUT");
        return whole.pushManifest(...args);
      },
    };
  },
);

export default it;
