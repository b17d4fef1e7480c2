import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { after, before, mutant, pushes } from "../kit-mutant.ts";

export default mutant(
  "writes index.json from what it remembers",
  ["LAYOUT-25", "LAYOUT-27"],
  (whole, directory) => {
    const path = join(directory, "index.json");
    let remembered: string | undefined;
    const putBack = before(whole, pushes, () => {
      if (remembered === undefined) return;
      mkdirSync(join(directory, "blobs"), { recursive: true });
      writeFileSync(join(directory, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
      writeFileSync(path, remembered);
    });
    return after({ ...whole, ...putBack }, pushes, () => {
      remembered = readFileSync(path, "utf8");
    });
  },
);
