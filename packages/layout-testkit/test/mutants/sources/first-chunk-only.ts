import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("reads only the first chunk", ["SOURCE-01"], (whole) => ({
  pushBlob: async (repo, expected, content, options) => {
    if (!Array.isArray(content)) return whole.pushBlob(repo, expected, content, options);
    return whole.pushBlob(repo, expected, content.slice(0, 1), options);
  },
}));

export default it;
