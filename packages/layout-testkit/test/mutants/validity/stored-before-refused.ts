import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("stores a manifest that it rejects", ["VALID-10"], (whole) => ({
  pushManifest: (repo, content, mediaType, options) =>
    unless(whole.pushManifest(repo, content, mediaType, options), "MANIFEST_INVALID", async (error) => {
      await whole.pushManifest(repo, content, "application/x-refused").catch(() => undefined);
      throw error;
    }),
}));

export default it;
