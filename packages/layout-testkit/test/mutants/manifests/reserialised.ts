import type { Mutant } from "../mutant.ts";
import { mutant, documentOf } from "../mutant.ts";

const it: Mutant = mutant("serializes manifests again", ["MANIFEST-01"], (whole) => ({
  pushManifest: async (repo, content, mediaType, options) => {
    const document = documentOf(content);
    const again =
      Object.keys(document).length === 0 ? content : new TextEncoder().encode(JSON.stringify(document));
    return whole.pushManifest(repo, again, mediaType, options);
  },
}));

export default it;
