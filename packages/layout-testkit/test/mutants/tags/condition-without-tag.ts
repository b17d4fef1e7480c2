import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("accepts a precondition without a tag", ["TAG-06"], (whole) => ({
  pushManifest: async (repo, content, mediaType, options) =>
    whole.pushManifest(
      repo,
      content,
      mediaType,
      (options?.tags?.length ?? 0) === 0
        ? { ...options, ifMatch: undefined, ifNoneMatch: undefined }
        : options,
    ),
}));

export default it;
