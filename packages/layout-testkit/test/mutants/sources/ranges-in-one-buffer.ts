import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "returns only the part of a range that fits one buffer",
  ["SOURCE-02"],
  (whole) => ({
    getBlobRange: (repo, digest, { start, end = Infinity }, options) =>
      whole.getBlobRange(
        repo,
        digest,
        { start, end: end - start > 65_536 ? start + 65_536 : end === Infinity ? undefined : end },
        options,
      ),
  }),
);

export default it;
