import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("ignores signals", ["SIGNAL-01"], (whole) => ({
  resolveTag: async (repo, tag) => whole.resolveTag(repo, tag),
  resolveBlob: async (repo, digest) => whole.resolveBlob(repo, digest),
}));

export default it;
