import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { readIndex } from "../helpers.ts";
import { beforeEvery, mutant } from "../kit-mutant.ts";

export default mutant(
  "writes an empty index.json if it cannot read one",
  ["LAYOUT-39", "LAYOUT-41"],
  (whole, directory) =>
    beforeEvery(whole, () => {
      if (!existsSync(join(directory, "oci-layout"))) return;
      try {
        if (Array.isArray(readIndex(directory).manifests)) return;
      } catch {
        // A damaged manifest counts as missing.
      }
      writeFileSync(join(directory, "index.json"), '{"schemaVersion":2,"manifests":[]}');
    }),
);
