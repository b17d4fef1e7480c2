import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("throws when a list is called", ["NAME-06"], (whole) => ({
  repositories: (options) => {
    options?.signal?.throwIfAborted();
    return whole.repositories(options);
  },
}));

export default it;
