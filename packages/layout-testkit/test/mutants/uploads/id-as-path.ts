import { appendFile } from "node:fs/promises";
import { join } from "node:path";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("uses an upload id as a path", ["UPLOAD-07"], (whole, { tempDir }) => ({
  resolveUpload: async (repo, id, options) => {
    if (typeof id === "string" && id.includes("victim")) await appendFile(join(tempDir, id), "");
    if (typeof id === "string" && id.includes("victim")) await appendFile(join(tempDir, "..", "made"), "");
    return whole.resolveUpload(repo, id, options);
  },
}));

export default it;
