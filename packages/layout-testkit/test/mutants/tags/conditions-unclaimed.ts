import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "ignores preconditions that its capabilities exclude",
  ["TAG-08"],
  (whole) => ({
    pushManifest: async (repo, content, mediaType, options) =>
      whole.pushManifest(repo, content, mediaType, {
        ...options,
        ifMatch: undefined,
        ifNoneMatch: undefined,
      }),
  }),
  { capabilities: { conditionalTags: false } },
);

export default it;
