import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("checks tags one by one as it applies them", ["TAG-02"], (whole) => ({
  pushManifest: async (repo, content, mediaType, options) => {
    if (
      !Array.isArray(options?.tags) ||
      options.tags.length === 0 ||
      options.ifMatch !== undefined ||
      options.ifNoneMatch !== undefined
    )
      return whole.pushManifest(repo, content, mediaType, options);
    for (const tag of options.tags as string[])
      await whole.pushManifest(repo, content, mediaType, { ...options, tags: [tag] });
    return whole.pushManifest(repo, content, mediaType, { ...options, tags: [] });
  },
}));

export default it;
