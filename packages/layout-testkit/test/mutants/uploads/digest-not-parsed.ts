import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless, changeWriters } from "../mutant.ts";

const it: Mutant = mutant("reports an invalid digest as an invalid upload", ["UPLOAD-23"], (whole) =>
  changeWriters(whole, (writer) => ({
    commit: (digest) =>
      unless(writer.commit(digest), "DIGEST_INVALID", (error) => {
        if (/^sha(256|512):[0-9a-f]{64,}$/.test(digest)) throw error;
        throw new RegistryError("BLOB_UPLOAD_INVALID");
      }),
  })),
);

export default it;
