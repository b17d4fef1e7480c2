import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("checks preconditions against an earlier read", ["OPEN-06"], (whole) => {
  const known: Map<string, string> = new Map();
  return {
    pushManifest: async (repo, content, mediaType, options) => {
      const { ifMatch, tags = [] } = options ?? {};
      const mine =
        ifMatch !== undefined && tags.length === 1 && known.get(`${repo} ${tags[0] ?? ""}`) === ifMatch;
      const pushed = await whole.pushManifest(
        repo,
        content,
        mediaType,
        mine ? { ...options, ifMatch: undefined } : options,
      );
      for (const tag of tags) known.set(`${repo} ${tag}`, pushed.digest);
      return pushed;
    },
  };
});

export default it;
