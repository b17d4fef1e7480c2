import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("removes a tag before it rejects a move", ["MANIFEST-03"], (whole) => ({
  pushManifest: (repo, content, mediaType, options) =>
    unless(whole.pushManifest(repo, content, mediaType, options), "MANIFEST_BLOB_UNKNOWN", async (error) => {
      for (const tag of options?.tags ?? []) await whole.deleteTag(repo, tag).catch(() => undefined);
      throw error;
    }),
}));

export default it;
