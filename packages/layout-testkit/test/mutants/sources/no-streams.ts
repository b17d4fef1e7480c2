import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("rejects web streams", ["SOURCE-01"], (whole) => ({
  pushBlob: async (repo, expected, content, options) => {
    if (content instanceof ReadableStream) throw new TypeError("no streams");
    return whole.pushBlob(repo, expected, content, options);
  },
}));

export default it;
