import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("returns no bytes for an invalid range", ["RANGE-04"], (whole) => ({
  getBlobRange: (repo, digest, range, options) =>
    unless(whole.getBlobRange(repo, digest, range, options), "RANGE_INVALID", () =>
      whole.getBlobRange(repo, digest, { start: 0, end: 0 }, options),
    ),
}));

export default it;
