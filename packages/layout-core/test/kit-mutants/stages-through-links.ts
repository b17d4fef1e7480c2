import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { before, mutant } from "../kit-mutant.ts";

export default mutant(
  "writes what is pushed into _uploads, wherever that leads",
  ["LAYOUT-71"],
  (whole, directory) =>
    before(whole, ["pushBlob"], () => {
      const uploads = join(directory, "_uploads");
      if (existsSync(uploads)) writeFileSync(join(uploads, "pushed.blob"), "");
    }),
);
