import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "restores the deleted tags of a manifest that is pushed again",
  ["MODEL-01"],
  (whole) => {
    const deleted: Map<string, string[]> = new Map();
    return {
      deleteTag: async (repo, tag, options) => {
        const { digest } = await whole.resolveTag(repo, tag, options);
        await whole.deleteTag(repo, tag, options);
        deleted.set(`${repo} ${digest}`, [...(deleted.get(`${repo} ${digest}`) ?? []), tag]);
      },
      pushManifest: async (repo, content, mediaType, options) => {
        const pushed = await whole.pushManifest(repo, content, mediaType, options);
        const tags = deleted.get(`${repo} ${pushed.digest}`) ?? [];
        return tags.length === 0 ? pushed : whole.pushManifest(repo, content, mediaType, { tags });
      },
    };
  },
);

export default it;
