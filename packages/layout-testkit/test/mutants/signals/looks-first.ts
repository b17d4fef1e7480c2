import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("looks for a blob before it checks the signal", ["SIGNAL-01"], (whole) => ({
  resolveBlob: async (repo, digest, options) => {
    await whole.resolveBlob(repo, digest);
    return whole.resolveBlob(repo, digest, options);
  },
}));

export default it;
