import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("treats a limit of 0 referrers as absent", ["REFERRER-06"], (whole) => ({
  referrers: (repo, digest, options) =>
    whole.referrers(repo, digest, { ...options, limit: options?.limit === 0 ? undefined : options?.limit }),
}));

export default it;
