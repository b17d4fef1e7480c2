import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, changeReader } from "../mutant.ts";

const it: Mutant = mutant("rejects a second close()", ["READ-03"], (whole) => ({
  getBlob: async (...args) => {
    const reader = await whole.getBlob(...args);
    let isClosed = false;
    return changeReader(reader, {
      close: async () => {
        if (isClosed) throw new RegistryError("CLOSED");
        isClosed = true;
        await reader.close();
      },
    });
  },
}));

export default it;
