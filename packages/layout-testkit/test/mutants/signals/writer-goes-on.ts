import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("ignores the signal in a writer", ["SIGNAL-06"], (whole) => ({
  pushBlobChunked: async (repo, options) => {
    options?.signal?.throwIfAborted();
    return whole.pushBlobChunked(repo, { ...options, signal: undefined });
  },
}));

export default it;
