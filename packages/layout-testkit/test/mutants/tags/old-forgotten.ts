import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("forgets the old manifest of a moved tag", ["TAG-03"], (whole) => ({
  pushManifest: async (repo, content, mediaType, options) => {
    const before = await Promise.all(
      (Array.isArray(options?.tags) ? (options.tags as string[]) : []).map((tag) =>
        whole.resolveTag(repo, tag).catch(() => undefined),
      ),
    );
    const pushed = await whole.pushManifest(repo, content, mediaType, options);
    for (const old of before)
      if (old !== undefined && old.digest !== pushed.digest)
        await whole.deleteManifest(repo, old.digest).catch(() => undefined);
    return pushed;
  },
}));

export default it;
