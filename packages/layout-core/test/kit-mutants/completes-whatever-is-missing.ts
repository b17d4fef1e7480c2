import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeEvery, mutant } from "../kit-mutant.ts";

export default mutant("makes whatever part is missing", ["LAYOUT-40", "LAYOUT-42"], (whole, directory) =>
  beforeEvery(whole, () => {
    if (!existsSync(join(directory, "index.json"))) return;
    mkdirSync(join(directory, "blobs"), { recursive: true });
    if (!existsSync(join(directory, "oci-layout")))
      writeFileSync(join(directory, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  }),
);
