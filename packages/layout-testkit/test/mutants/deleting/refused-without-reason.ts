import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant(
  "rejects the deletion of a referenced blob without a reason",
  ["DELETE-08"],
  (whole) => ({
    deleteBlob: (...args) =>
      unless(whole.deleteBlob(...args), "DENIED", ({ message }) => {
        throw new RegistryError("DENIED", message);
      }),
  }),
);

export default it;
