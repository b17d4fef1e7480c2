import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("leaves a rejection unhandled", ["TAG-09"], (whole) => ({
  resolveTag: (repo, tag, options) => {
    const found = whole.resolveTag(repo, tag, options);
    void found.then(() => undefined);
    return found;
  },
}));

export default it;
