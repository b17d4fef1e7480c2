import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("encodes text that is passed as a manifest", ["MANIFEST-20"], (whole) => ({
  pushManifest: (repo, content, mediaType, options) =>
    whole.pushManifest(
      repo,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
      mediaType,
      options,
    ),
}));

export default it;
