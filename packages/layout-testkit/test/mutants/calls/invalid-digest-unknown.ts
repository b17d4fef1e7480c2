import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("reports an invalid digest as missing", ["NAME-04"], (whole) => ({
  resolveManifest: (...args) =>
    unless(whole.resolveManifest(...args), "DIGEST_INVALID", () => {
      throw new RegistryError("MANIFEST_UNKNOWN");
    }),
}));

export default it;
