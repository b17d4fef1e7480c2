import type { Mutant } from "../mutant.ts";
import { mutant, documentOf } from "../mutant.ts";

const it: Mutant = mutant("stores a document under its own mediaType", ["MANIFEST-08"], (whole) => ({
  pushManifest: (repo, content, mediaType, options) => {
    const { mediaType: own } = documentOf(content);
    return whole.pushManifest(repo, content, typeof own === "string" ? own : mediaType, options);
  },
}));

export default it;
