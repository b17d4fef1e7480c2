import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, changeWriters } from "../mutant.ts";

const it: Mutant = mutant("computes sha256 for every upload", ["UPLOAD-19"], (whole) =>
  changeWriters(whole, (writer) => ({
    commit: async (digest) => {
      if (digest.startsWith("sha512:")) throw new RegistryError("DIGEST_INVALID");
      return writer.commit(digest);
    },
  })),
);

export default it;
