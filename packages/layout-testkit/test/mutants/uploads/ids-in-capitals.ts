import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("ignores the case of upload ids", ["UPLOAD-07"], (whole) => ({
  resolveUpload: (repo, id, options) =>
    whole.resolveUpload(repo, typeof id === "string" ? id.toLowerCase() : id, options),
}));

export default it;
