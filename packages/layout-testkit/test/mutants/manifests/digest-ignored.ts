import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("ignores the digest passed with a manifest", ["MANIFEST-06"], (whole) => ({
  pushManifest: async (repo, content, mediaType, options) =>
    whole.pushManifest(repo, content, mediaType, { ...options, digest: undefined }),
}));

export default it;
