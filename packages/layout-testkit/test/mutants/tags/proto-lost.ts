import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("loses a tag called __proto__", ["TAG-10"], (whole) => ({
  pushManifest: async (repo, content, mediaType, options) =>
    whole.pushManifest(repo, content, mediaType, {
      ...options,
      tags: Array.isArray(options?.tags) ? options.tags.filter((tag) => tag !== "__proto__") : options?.tags,
    }),
}));

export default it;
