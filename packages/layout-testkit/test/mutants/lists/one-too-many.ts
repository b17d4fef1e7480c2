import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("lists one more tag than the limit", ["LIST-03"], (whole) => ({
  tags: (repo, options) =>
    whole.tags(repo, {
      ...options,
      limit: options?.limit !== undefined && options.limit > 0 ? options.limit + 1 : options?.limit,
    }),
}));

export default it;
