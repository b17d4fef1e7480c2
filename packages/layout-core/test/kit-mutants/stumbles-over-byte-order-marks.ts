import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { RegistryError } from "@ocilayout/oci-types";

import { beforeEvery, mutant } from "../kit-mutant.ts";

export default mutant("takes a byte order mark for damage", ["LAYOUT-104"], (whole, directory) =>
  beforeEvery(whole, () => {
    for (const path of ["oci-layout", "index.json"].map((name) => join(directory, name))) {
      if (existsSync(path) && readFileSync(path, "utf8").startsWith("\uFEFF"))
        throw new RegistryError("LAYOUT_INVALID");
    }
  }),
);
