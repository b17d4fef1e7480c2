import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("ignores invalid signals", ["SIGNAL-91"], (whole) => ({
  resolveTag: async (repo, tag, options) =>
    whole.resolveTag(repo, tag, options?.signal instanceof AbortSignal ? options : {}),
}));

export default it;
