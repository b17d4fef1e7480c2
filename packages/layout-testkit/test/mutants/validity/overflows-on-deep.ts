import type { Mutant } from "../mutant.ts";
import { documentOf, mutant } from "../mutant.ts";

const it: Mutant = mutant("copies a pushed document recursively", ["VALID-90"], (whole) => ({
  pushManifest: async (repo, content, mediaType, options) => {
    structuredClone(documentOf(content));
    return whole.pushManifest(repo, content, mediaType, options);
  },
}));

export default it;
