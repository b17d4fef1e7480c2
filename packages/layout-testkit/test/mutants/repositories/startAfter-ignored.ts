import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("ignores startAfter in a list of repositories", ["REPOSITORY-02"], (whole) => ({
  repositories: (options) => whole.repositories({ ...options, startAfter: undefined }),
}));

export default it;
