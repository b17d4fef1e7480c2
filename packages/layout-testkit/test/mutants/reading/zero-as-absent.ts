import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("treats an end of 0 as absent", ["RANGE-05"], (whole) => ({
  getBlobRange: (repo, digest, { start, end }, options) =>
    whole.getBlobRange(repo, digest, { start, end: end === 0 ? undefined : end }, options),
}));

export default it;
