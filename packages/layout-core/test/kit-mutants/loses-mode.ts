import { chmodSync } from "node:fs";
import { join } from "node:path";

import { after, mutant } from "../kit-mutant.ts";

export default mutant(
  "gives index.json the mode of a new file with every push",
  ["LAYOUT-09"],
  (whole, directory) =>
    after(whole, ["pushManifest"], () => {
      chmodSync(join(directory, "index.json"), 0o644);
    }),
);
