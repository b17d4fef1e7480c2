import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("rejects a repeated push of a blob", ["BLOB-11"], (whole) => ({
  pushBlob: async (repo, expected, content, options) => {
    const isThere = await whole.resolveBlob(repo, expected.digest).then(
      () => true,
      () => false,
    );
    const descriptor = await whole.pushBlob(repo, expected, content, options);
    if (isThere) throw new RegistryError("DENIED");
    return descriptor;
  },
}));

export default it;
