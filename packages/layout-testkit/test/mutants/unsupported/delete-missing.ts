import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "does not delete manifests although its capabilities include it",
  ["DELETE-04"],
  () => ({
    deleteManifest: async () => {
      throw new RegistryError("UNSUPPORTED");
    },
  }),
);

export default it;
