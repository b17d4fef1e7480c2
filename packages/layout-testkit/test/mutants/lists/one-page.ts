import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("lists at most a thousand tags", ["LIST-09"], (whole) => ({
  tags: (repo, options) => whole.tags(repo, { ...options, limit: options?.limit ?? 1000 }),
}));

export default it;
