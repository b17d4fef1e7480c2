import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { after, mutant } from "../kit-mutant.ts";

export default mutant(
  "leaves its temporary files beside the blobs",
  ["LAYOUT-01", "LAYOUT-02", "LAYOUT-05"],
  (whole, directory) =>
    after(whole, ["pushBlob"], () => {
      writeFileSync(join(directory, "blobs", "sha256", ".tmp-1"), "");
    }),
);
