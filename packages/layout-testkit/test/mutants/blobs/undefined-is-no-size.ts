import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("rejects an undefined size", ["BLOB-08"], (whole) => ({
  pushBlob: async (repo, descriptor, content, options) => {
    if ("size" in descriptor && typeof descriptor.size !== "number")
      throw new TypeError("a size must be a number");
    return whole.pushBlob(repo, descriptor, content, options);
  },
}));

export default it;
