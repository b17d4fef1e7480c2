import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("lists a thousand tags at most", ["LIST-09"], (whole) => ({
  tags: (repo, options) => whole.tags(repo, { ...options, limit: options?.limit ?? 1000 }),
}));

export default it;
