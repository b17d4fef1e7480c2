import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("converts names to lower case", ["NAME-01"], (whole) => ({
  getBlob: async (repo, digest, options) =>
    whole.getBlob(typeof repo === "string" ? repo.toLowerCase() : repo, digest, options),
  pushBlob: async (repo, expected, content, options) =>
    whole.pushBlob(typeof repo === "string" ? repo.toLowerCase() : repo, expected, content, options),
}));

export default it;
