import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless, changeWriters } from "../mutant.ts";

const it: Mutant = mutant("uses one code for closed and finished writers", ["UPLOAD-11"], (whole) =>
  changeWriters(whole, (writer) => ({
    write: (chunk) =>
      unless(writer.write(chunk), "BLOB_UPLOAD_INVALID", () => {
        throw new RegistryError("BLOB_UPLOAD_UNKNOWN");
      }),
  })),
);

export default it;
