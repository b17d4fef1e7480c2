import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "holds a lock until a list of referrers is read to its end",
  ["REFERRER-11"],
  (whole) => {
    let isHeld = false;
    return {
      referrers: async function* (...args) {
        isHeld = true;
        for await (const it of whole.referrers(...args)) yield it;
        isHeld = false;
      },
      pushBlob: async (...args) => {
        if (isHeld) throw new RegistryError("LOCK_TIMEOUT");
        return whole.pushBlob(...args);
      },
    };
  },
);

export default it;
