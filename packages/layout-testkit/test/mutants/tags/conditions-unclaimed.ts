import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "ignores conditions and says that it has none",
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
