import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("counts a negative start from the end", ["RANGE-06"], (whole) => ({
  getBlobRange: async (repo, digest, { start, end }, options) => {
    const { size } = await whole.resolveBlob(repo, digest, options);
    return whole.getBlobRange(repo, digest, { start: start < 0 ? size + start : start || 0, end }, options);
  },
}));

export default it;
