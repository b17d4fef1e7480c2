import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("gives one more than the limit", ["LIST-03"], (whole) => ({
  tags: (repo, options) =>
    whole.tags(repo, {
      ...options,
      limit: options?.limit !== undefined && options.limit > 0 ? options.limit + 1 : options?.limit,
    }),
}));

export default it;
