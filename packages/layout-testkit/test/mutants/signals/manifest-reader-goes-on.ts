import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("ignores the signal in a reader of a manifest", ["SIGNAL-04"], (whole) => ({
  getManifest: async (repo, digest, options) => {
    options?.signal?.throwIfAborted();
    return whole.getManifest(repo, digest);
  },
}));

export default it;
