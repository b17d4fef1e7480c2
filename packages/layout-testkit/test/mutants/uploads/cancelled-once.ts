import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { changeWriters, mutant } from "../mutant.ts";

const it: Mutant = mutant("rejects a second cancel", ["UPLOAD-90"], (whole) =>
  changeWriters(whole, (writer) => {
    let isCancelled = false;
    return {
      cancel: async () => {
        if (isCancelled) throw new RegistryError("BLOB_UPLOAD_UNKNOWN");
        isCancelled = true;
        await writer.cancel();
      },
    };
  }),
);

export default it;
