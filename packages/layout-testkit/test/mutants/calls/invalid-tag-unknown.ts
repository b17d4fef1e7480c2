import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("reports an invalid tag as missing", ["NAME-03"], (whole) => ({
  deleteTag: (...args) =>
    unless(whole.deleteTag(...args), "NAME_INVALID", () => {
      throw new RegistryError("MANIFEST_UNKNOWN");
    }),
}));

export default it;
