import type { Mutant } from "../mutant.ts";
import { mutant, pretend } from "../mutant.ts";

const it: Mutant = mutant("shows a blob during its push", ["SOURCE-06"], (whole) => {
  const pushing: Set<string> = new Set();
  return {
    pushBlob: async (repo, expected, content, options) => {
      pushing.add(expected.digest);
      return whole.pushBlob(repo, expected, content, options).finally(() => pushing.delete(expected.digest));
    },
    resolveBlob: async (repo, digest, options) =>
      pushing.has(digest) ? pretend(digest, 1) : whole.resolveBlob(repo, digest, options),
  };
});

export default it;
