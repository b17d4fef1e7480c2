import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { before, mutant } from "../kit-mutant.ts";

export default mutant("makes a layout in order to delete from it", ["LAYOUT-51"], (whole, directory) =>
  before(whole, ["deleteTag", "deleteManifest", "deleteBlob"], () => {
    writeFileSync(join(directory, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  }),
);
