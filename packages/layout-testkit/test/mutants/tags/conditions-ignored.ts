import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("ignores preconditions", ["TAG-04", "TOGETHER-02", "TOGETHER-03"], (whole) => ({
  pushManifest: async (repo, content, mediaType, options) =>
    whole.pushManifest(repo, content, mediaType, { ...options, ifMatch: undefined, ifNoneMatch: undefined }),
}));

export default it;
