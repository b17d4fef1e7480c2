import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { mutant } from "../kit-mutant.ts";

export default mutant("makes an empty layout when it is opened", ["LAYOUT-07"], (_whole, directory) => {
  mkdirSync(join(directory, "blobs"), { recursive: true });
  writeFileSync(join(directory, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  return {};
});
