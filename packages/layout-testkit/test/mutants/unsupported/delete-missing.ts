import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("does not delete manifests and says that it does", ["DELETE-04"], () => ({
  deleteManifest: async () => {
    throw new RegistryError("UNSUPPORTED");
  },
}));

export default it;
