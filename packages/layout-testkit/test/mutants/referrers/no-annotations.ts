import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("omits the annotations of referrers", ["REFERRER-07"], (whole) => ({
  referrers: async function* (...args) {
    for await (const { mediaType, digest, size, artifactType } of whole.referrers(...args))
      yield { mediaType, digest, size, artifactType };
  },
}));

export default it;
