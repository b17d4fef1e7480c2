import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("invents an artifact type for an index", ["REFERRER-07"], (whole) => ({
  referrers: async function* (...args) {
    for await (const it of whole.referrers(...args))
      yield { ...it, artifactType: it.artifactType ?? it.mediaType };
  },
}));

export default it;
