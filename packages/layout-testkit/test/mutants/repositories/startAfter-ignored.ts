import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("begins each list of repositories with the first", ["REPOSITORY-02"], (whole) => ({
  repositories: (options) => whole.repositories({ ...options, startAfter: undefined }),
}));

export default it;
