import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("ignores the case of tags", ["TAG-10", "LIST-01"], (whole) => ({
  pushManifest: async (repo, content, mediaType, options) =>
    whole.pushManifest(repo, content, mediaType, {
      ...options,
      tags: Array.isArray(options?.tags)
        ? (options.tags as string[]).map((tag) => tag.toLowerCase())
        : options?.tags,
    }),
}));

export default it;
