import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("takes an empty type for any", ["REFERRER-08"], (whole) => ({
  referrers: (repo, digest, options) =>
    whole.referrers(repo, digest, {
      ...options,
      artifactType: options?.artifactType === "" ? undefined : options?.artifactType,
    }),
}));

export default it;
