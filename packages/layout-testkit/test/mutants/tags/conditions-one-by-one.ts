import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("checks preconditions tag by tag", ["TAG-05"], (whole) => ({
  pushManifest: async (repo, content, mediaType, options) => {
    if (options?.ifMatch === undefined && options?.ifNoneMatch === undefined)
      return whole.pushManifest(repo, content, mediaType, options);
    if ((options.tags?.length ?? 0) < 2) return whole.pushManifest(repo, content, mediaType, options);
    for (const tag of options.tags ?? [])
      await whole.pushManifest(repo, content, mediaType, { ...options, tags: [tag] });
    return whole.pushManifest(repo, content, mediaType, { digest: options.digest });
  },
}));

export default it;
