import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("accepts ifMatch for a missing tag", ["TAG-04"], (whole) => ({
  pushManifest: async (repo, content, mediaType, options) => {
    if (options?.ifMatch === undefined || options.tags?.length !== 1)
      return whole.pushManifest(repo, content, mediaType, options);
    const isThere = await whole.resolveTag(repo, options.tags[0] ?? "").then(
      () => true,
      () => false,
    );
    return whole.pushManifest(
      repo,
      content,
      mediaType,
      isThere ? options : { ...options, ifMatch: undefined },
    );
  },
}));

export default it;
