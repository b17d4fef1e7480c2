import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { after, mutant } from "../kit-mutant.ts";

export default mutant("keeps its upload sessions below blobs", ["LAYOUT-06"], (whole, directory) =>
  after(whole, ["pushBlobChunked"], () => {
    const uploads = join(directory, "blobs", "uploads");
    mkdirSync(uploads, { recursive: true });
    writeFileSync(join(uploads, "2f1c"), "");
  }),
);
