import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("deletes the manifest with its tag", ["DELETE-01"], (whole) => ({
  deleteTag: async (repo, tag, options) => {
    const { digest } = await whole.resolveTag(repo, tag);
    await whole.deleteTag(repo, tag, options);
    await whole.deleteManifest(repo, digest).catch(() => undefined);
  },
}));

export default it;
