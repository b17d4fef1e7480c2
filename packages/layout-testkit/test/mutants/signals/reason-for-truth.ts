import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("tests the signal's reason for truthiness", ["SIGNAL-01"], (whole) => ({
  getTag: async (repo, tag, options) => {
    const { signal } = options ?? {};
    return whole.getTag(repo, tag, signal?.aborted === true && Boolean(signal.reason) ? options : {});
  },
}));

export default it;
