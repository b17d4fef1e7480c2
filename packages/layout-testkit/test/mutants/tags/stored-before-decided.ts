import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("stores a manifest before it checks preconditions", ["TAG-05"], (whole) => ({
  pushManifest: async (repo, content, mediaType, options) => {
    if ((options?.tags?.length ?? 0) > 0)
      await whole
        .pushManifest(repo, content, mediaType, {
          ...options,
          tags: [],
          ifMatch: undefined,
          ifNoneMatch: undefined,
        })
        .catch(() => undefined);
    return whole.pushManifest(repo, content, mediaType, options);
  },
}));

export default it;
