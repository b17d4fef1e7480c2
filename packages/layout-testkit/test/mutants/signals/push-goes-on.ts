import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "checks the signal of a push only at the start",
  ["SIGNAL-02", "SIGNAL-03"],
  (whole) => ({
    pushBlob: async (repo, expected, content, options) => {
      if (options?.signal?.aborted === true) return whole.pushBlob(repo, expected, content, options);
      return whole.pushBlob(repo, expected, content);
    },
  }),
);

export default it;
