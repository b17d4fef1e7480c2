import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("undoes a push if its signal is aborted later", ["SIGNAL-08"], (whole) => ({
  pushManifest: async (repo, content, mediaType, options) => {
    const pushed = await whole.pushManifest(repo, content, mediaType, options);
    options?.signal?.addEventListener("abort", () => {
      for (const tag of options.tags ?? []) void whole.deleteTag(repo, tag);
    });
    return pushed;
  },
}));

export default it;
