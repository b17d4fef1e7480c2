import type { Mutant } from "../mutant.ts";
import { mutant, moment } from "../mutant.ts";

const it: Mutant = mutant("writes tags from an earlier read", ["TOGETHER-01"], (whole) => {
  let count = 0;
  return {
    pushManifest: async (repo, content, mediaType, options) => {
      count += 1;
      const mine = count;
      await whole.pushManifest(repo, content, mediaType, { ...options, tags: [] }).catch(() => undefined);
      await moment();
      const isLast = mine === count;
      return whole.pushManifest(
        repo,
        content,
        mediaType,
        isLast || !Array.isArray(options?.tags) ? options : { ...options, tags: options.tags.slice(1) },
      );
    },
  };
});

export default it;
