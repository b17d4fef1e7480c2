import type { Mutant } from "../mutant.ts";
import { mutant, changeReader } from "../mutant.ts";

const it: Mutant = mutant("returns the length of a range as the size", ["RANGE-03"], (whole) => ({
  getBlobRange: async (repo, digest, range, options) => {
    const reader = await whole.getBlobRange(repo, digest, range, options);
    const size = Math.min(range.end ?? reader.descriptor.size, reader.descriptor.size) - range.start;
    return changeReader(reader, { descriptor: { ...reader.descriptor, size } });
  },
}));

export default it;
