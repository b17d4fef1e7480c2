import type { Descriptor } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("returns undefined for a missing blob", ["BLOB-07"], (whole) => ({
  resolveBlob: (repo, digest, options) =>
    unless(
      whole.resolveBlob(repo, digest, options),
      "BLOB_UNKNOWN",
      () => undefined as unknown as Descriptor,
    ),
}));

export default it;
