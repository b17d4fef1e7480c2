import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "looks at the signal of a push in the beginning only",
  ["SIGNAL-02", "SIGNAL-03"],
  (whole) => ({
    pushBlob: async (repo, expected, content, options) => {
      if (options?.signal?.aborted === true) return whole.pushBlob(repo, expected, content, options);
      return whole.pushBlob(repo, expected, content);
    },
  }),
);

export default it;
