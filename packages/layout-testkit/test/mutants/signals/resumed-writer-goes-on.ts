import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("ignores the signal in a resumed upload", ["SIGNAL-06"], (whole) => ({
  pushBlobChunkedResume: async (repo, id, options) => {
    options?.signal?.throwIfAborted();
    return whole.pushBlobChunkedResume(repo, id, { ...options, signal: undefined });
  },
}));

export default it;
