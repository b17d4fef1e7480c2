import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("says of an invalid digest that it is not there", ["NAME-04"], (whole) => ({
  resolveManifest: (...args) =>
    unless(whole.resolveManifest(...args), "DIGEST_INVALID", () => {
      throw new RegistryError("MANIFEST_UNKNOWN");
    }),
}));

export default it;
