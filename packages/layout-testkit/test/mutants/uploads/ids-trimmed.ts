import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("trims upload ids", ["UPLOAD-07"], (whole) => ({
  resolveUpload: (repo, id, options) =>
    whole.resolveUpload(repo, typeof id === "string" ? id.trim() : id, options),
}));

export default it;
