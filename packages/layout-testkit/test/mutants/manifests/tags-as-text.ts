import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("accepts a string of tags and uses each letter", ["MANIFEST-20"], (whole) => ({
  pushManifest: (repo, content, mediaType, options) =>
    whole.pushManifest(repo, content, mediaType, {
      ...options,
      tags: options?.tags === undefined ? undefined : [...options.tags],
    }),
}));

export default it;
