import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("compares artifact types with values of any type", ["REFERRER-15"], (whole) => ({
  referrers: (repo, digest, options) => {
    const artifactType: unknown = options?.artifactType;
    return whole.referrers(repo, digest, {
      ...options,
      artifactType: artifactType === undefined || typeof artifactType === "string" ? artifactType : "",
    });
  },
}));

export default it;
