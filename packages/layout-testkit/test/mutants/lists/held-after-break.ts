import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("holds a lock until a list is read to its end", ["LIST-05"], (whole) => {
  let isHeld = false;
  return {
    tags: async function* (repo, options) {
      isHeld = true;
      for await (const tag of whole.tags(repo, options)) yield tag;
      isHeld = false;
    },
    pushManifest: async (...args) => {
      if (isHeld) throw new RegistryError("LOCK_TIMEOUT");
      return whole.pushManifest(...args);
    },
  };
});

export default it;
