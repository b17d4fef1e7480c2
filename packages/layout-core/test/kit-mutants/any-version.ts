import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeEvery, mutant } from "../kit-mutant.ts";

export default mutant("does not care which version a layout is of", ["LAYOUT-43"], (whole, directory) =>
  beforeEvery(whole, () => {
    const path = join(directory, "oci-layout");
    if (existsSync(path) && !readFileSync(path, "utf8").includes("1.0.0"))
      writeFileSync(path, '{"imageLayoutVersion":"1.0.0"}');
  }),
);
