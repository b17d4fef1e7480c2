import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("finds no referrers of a sha512 digest", ["REFERRER-13"], (whole) => ({
  async *referrers(repo, digest, options) {
    if (!digest.startsWith("sha512:")) yield* whole.referrers(repo, digest, options);
  },
}));

export default it;
