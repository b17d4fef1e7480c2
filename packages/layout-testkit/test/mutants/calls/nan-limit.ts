import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("treats a limit of NaN as absent", ["NAME-06"], (whole) => ({
  referrers: (repo, digest, options) =>
    whole.referrers(repo, digest, Number.isNaN(options?.limit) ? { ...options, limit: undefined } : options),
}));

export default it;
