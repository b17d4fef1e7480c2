import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("ignores the artifactType filter", ["REFERRER-08"], (whole) => ({
  referrers: (repo, digest, options) =>
    whole.referrers(repo, digest, { ...options, artifactType: undefined }),
}));

export default it;
