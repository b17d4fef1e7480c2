import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("applies only the first tag", ["TAG-01"], (whole) => ({
  pushManifest: async (repo, content, mediaType, options) =>
    whole.pushManifest(repo, content, mediaType, {
      ...options,
      tags: Array.isArray(options?.tags) ? options.tags.slice(0, 1) : options?.tags,
    }),
}));

export default it;
