import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("sorts the caller's tags", ["MANIFEST-16", "TAG-01"], (whole) => ({
  pushManifest: async (repo, content, mediaType, options) => {
    const pushed = await whole.pushManifest(repo, content, mediaType, options);
    if (Array.isArray(options?.tags)) (options.tags as string[]).push("again");
    return pushed;
  },
}));

export default it;
