import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("does not name the index that contains a manifest", ["DELETE-05"], (whole) => ({
  deleteManifest: (...args) =>
    unless(whole.deleteManifest(...args), "DENIED", () => {
      throw new RegistryError("DENIED");
    }),
}));

export default it;
