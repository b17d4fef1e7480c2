import { existsSync } from "node:fs";
import { join } from "node:path";

import { RegistryError, validateImageIndex } from "@ocilayout/oci-types";

import { readIndex } from "../helpers.ts";
import { beforeEvery, mutant } from "../kit-mutant.ts";

export default mutant(
  "refuses an index.json that is not valid to the letter",
  ["LAYOUT-22", "LAYOUT-36"],
  (whole, directory) =>
    beforeEvery(whole, () => {
      if (!existsSync(join(directory, "index.json")) || validateImageIndex(readIndex(directory)).length === 0)
        return;
      throw new RegistryError("LAYOUT_INVALID");
    }),
);
