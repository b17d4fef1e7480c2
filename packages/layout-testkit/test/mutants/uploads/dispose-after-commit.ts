import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, changeWriters } from "../mutant.ts";

const it: Mutant = mutant("rejects the disposal of a committed writer", ["UPLOAD-21"], (whole) =>
  changeWriters(whole, (writer) => {
    let isCommitted = false;
    return {
      commit: async (digest) => {
        const committed = await writer.commit(digest);
        isCommitted = true;
        return committed;
      },
      [Symbol.asyncDispose]: async () => {
        if (isCommitted) throw new RegistryError("BLOB_UPLOAD_UNKNOWN");
        await writer.close();
      },
    };
  }),
);

export default it;
