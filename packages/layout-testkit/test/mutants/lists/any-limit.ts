import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("treats an invalid limit as absent", ["LIST-07"], (whole) => ({
  tags: (repo, options) =>
    whole.tags(repo, { ...options, limit: (options?.limit ?? -1) >= 0 ? options?.limit : undefined }),
}));

export default it;
