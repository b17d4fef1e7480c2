import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("ignores the signal in a reader", ["SIGNAL-04"], (whole) => ({
  getBlob: async (repo, digest, options) => {
    options?.signal?.throwIfAborted();
    return whole.getBlob(repo, digest);
  },
}));

export default it;
