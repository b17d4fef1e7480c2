import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("treats a limit of 0 as absent", ["LIST-03"], (whole) => ({
  tags: (repo, options) =>
    whole.tags(repo, { ...options, limit: options?.limit === 0 ? undefined : options?.limit }),
}));

export default it;
