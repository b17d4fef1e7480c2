import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("takes each letter for a tag", ["MANIFEST-20"], (whole) => ({
  pushManifest: (repo, content, mediaType, options) =>
    whole.pushManifest(repo, content, mediaType, {
      ...options,
      tags: options?.tags === undefined ? undefined : [...options.tags],
    }),
}));

export default it;
