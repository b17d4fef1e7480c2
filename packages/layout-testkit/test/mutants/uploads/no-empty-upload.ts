import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, changeWriters } from "../mutant.ts";

const it: Mutant = mutant("rejects the commit of an empty upload", ["UPLOAD-15"], (whole) =>
  changeWriters(whole, (writer) => ({
    commit: async (digest) => {
      if (writer.size === 0) throw new RegistryError("BLOB_UPLOAD_INVALID");
      return writer.commit(digest);
    },
  })),
);

export default it;
