import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("resolves dots in names", ["NAME-01"], (whole) => ({
  resolveBlob: async (repo, digest, options) =>
    whole.resolveBlob(
      typeof repo === "string" ? repo.replaceAll("/../", "/").replace("../", "") : repo,
      digest,
      options,
    ),
}));

export default it;
