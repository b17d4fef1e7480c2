import { appendFileSync } from "node:fs";
import { join } from "node:path";

import { before, mutant } from "../kit-mutant.ts";

export default mutant(
  "appends to the bytes of an upload, wherever they lead",
  ["LAYOUT-72"],
  (whole, directory) =>
    before(whole, ["pushBlobChunkedResume"], (_repo: string, id: string) => {
      appendFileSync(join(directory, "_uploads", id, "data"), "more");
    }),
);
