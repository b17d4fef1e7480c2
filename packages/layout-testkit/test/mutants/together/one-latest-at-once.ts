import type { Mutant } from "../mutant.ts";
import { mutant, moment } from "../mutant.ts";

const it: Mutant = mutant("moves a tag only in the repository of the last push", ["TOGETHER-09"], (whole) => {
  const last: Map<string, string> = new Map();
  return {
    pushManifest: async (repo, content, mediaType, options) => {
      const [tag] = Array.isArray(options?.tags) ? (options.tags as readonly string[]) : [];
      if (tag === undefined) return whole.pushManifest(repo, content, mediaType, options);
      last.set(tag, repo);
      await moment();
      const isMine = last.get(tag) === repo;
      return whole.pushManifest(repo, content, mediaType, isMine ? options : { ...options, tags: [] });
    },
  };
});

export default it;
