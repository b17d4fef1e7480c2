import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant(
  "refuses to delete a referenced blob and says no reason",
  ["DELETE-08"],
  (whole) => ({
    deleteBlob: (...args) =>
      unless(whole.deleteBlob(...args), "DENIED", ({ message }) => {
        throw new RegistryError("DENIED", message);
      }),
  }),
);

export default it;
