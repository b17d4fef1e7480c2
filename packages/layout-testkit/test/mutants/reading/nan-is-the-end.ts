import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("treats NaN as the end of the blob", ["RANGE-06"], (whole) => ({
  getBlobRange: (repo, digest, range, options) =>
    whole.getBlobRange(repo, digest, Number.isNaN(range.end) ? { start: range.start } : range, options),
}));

export default it;
