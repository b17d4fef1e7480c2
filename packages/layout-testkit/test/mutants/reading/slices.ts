import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("gives nothing for a range that is not there", ["RANGE-04"], (whole) => ({
  getBlobRange: (repo, digest, range, options) =>
    unless(whole.getBlobRange(repo, digest, range, options), "RANGE_INVALID", () =>
      whole.getBlobRange(repo, digest, { start: 0, end: 0 }, options),
    ),
}));

export default it;
