import { rmSync } from "node:fs";
import { join } from "node:path";

import { readIndex } from "../helpers.ts";
import { after, mutant } from "../kit-mutant.ts";

export default mutant("writes index.json with the first manifest only", ["LAYOUT-04"], (whole, directory) =>
  after(whole, ["pushBlob"], () => {
    if (readIndex(directory).manifests.length === 0) rmSync(join(directory, "index.json"));
  }),
);
