import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("treats an empty artifact type as absent", ["REFERRER-08"], (whole) => ({
  referrers: (repo, digest, options) =>
    whole.referrers(repo, digest, {
      ...options,
      artifactType: options?.artifactType === "" ? undefined : options?.artifactType,
    }),
}));

export default it;
