import type { Mutant } from "../mutant.ts";
import { moment, mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "applies tags one after the other, and stops when it is aborted",
  ["SIGNAL-10"],
  (whole) => ({
    pushManifest: async (repo, content, mediaType, options) => {
      const tags: unknown = options?.tags;
      if (!Array.isArray(tags) || tags.length < 2)
        return whole.pushManifest(repo, content, mediaType, options);
      let pushed = await whole.pushManifest(repo, content, mediaType, {
        ...options,
        tags: [tags[0] as string],
      });
      for (const tag of tags.slice(1) as string[]) {
        await moment();
        pushed = await whole.pushManifest(repo, content, mediaType, { ...options, tags: [tag] });
      }
      return pushed;
    },
  }),
);

export default it;
