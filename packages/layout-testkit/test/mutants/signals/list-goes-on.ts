import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("ignores the signal after a list has started", ["SIGNAL-05"], (whole) => ({
  tags: async function* (repo, options) {
    options?.signal?.throwIfAborted();
    yield* whole.tags(repo, { ...options, signal: undefined });
  },
}));

export default it;
