import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("includes the byte at the end of a range, as HTTP does", ["RANGE-01"], (whole) => ({
  getBlobRange: async (repo, digest, { start, end }, options) =>
    whole.getBlobRange(repo, digest, { start, end: end === undefined ? end : end + 1 }, options),
}));

export default it;
