import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("rejects with a reason of its own", ["SIGNAL-01"], (whole) => ({
  getManifest: async (repo, digest, options) => {
    if (options?.signal?.aborted === true) throw new DOMException("aborted", "AbortError");
    return whole.getManifest(repo, digest, options);
  },
}));

export default it;
