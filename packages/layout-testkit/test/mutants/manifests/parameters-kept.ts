import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("keeps the parameters of a media type", ["MANIFEST-15"], (whole) => ({
  pushManifest: async (repo, content, mediaType, options) => ({
    ...(await whole.pushManifest(repo, content, mediaType, options)),
    mediaType,
  }),
}));

export default it;
