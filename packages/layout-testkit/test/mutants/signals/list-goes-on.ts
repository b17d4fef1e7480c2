import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("forgets the signal once a list has begun", ["SIGNAL-05"], (whole) => ({
  tags: async function* (repo, options) {
    options?.signal?.throwIfAborted();
    yield* whole.tags(repo, { ...options, signal: undefined });
  },
}));

export default it;
