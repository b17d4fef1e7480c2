import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, changeWriters } from "../mutant.ts";

const it: Mutant = mutant("rejects the disposal of a cancelled writer", ["UPLOAD-21"], (whole) =>
  changeWriters(whole, (writer) => {
    let isCancelled = false;
    const cancel = async (): Promise<void> => {
      await writer.cancel();
      isCancelled = true;
    };
    const dispose = async (): Promise<void> => {
      if (isCancelled) throw new RegistryError("BLOB_UPLOAD_UNKNOWN");
      await writer.close();
    };
    return { cancel, [Symbol.asyncDispose]: dispose };
  }),
);

export default it;
