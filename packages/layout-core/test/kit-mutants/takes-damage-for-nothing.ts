import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { readIndex } from "../helpers.ts";
import { beforeEvery, mutant } from "../kit-mutant.ts";

export default mutant(
  "writes an empty index.json where it can read none",
  ["LAYOUT-39", "LAYOUT-41"],
  (whole, directory) =>
    beforeEvery(whole, () => {
      if (!existsSync(join(directory, "oci-layout"))) return;
      try {
        if (Array.isArray(readIndex(directory).manifests)) return;
      } catch {
        // Then there is none.
      }
      writeFileSync(join(directory, "index.json"), '{"schemaVersion":2,"manifests":[]}');
    }),
);
