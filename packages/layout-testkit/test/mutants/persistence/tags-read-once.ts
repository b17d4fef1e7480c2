import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("caches the content of a tag", ["OPEN-09"], () => ({}), {
  reopen: (whole) => {
    const digests: Map<string, string> = new Map();
    return {
      ...whole,
      async getTag(repo, tag, options) {
        const digest = digests.get(tag) ?? (await whole.resolveTag(repo, tag, options)).digest;
        digests.set(tag, digest);
        return whole.getManifest(repo, digest, options);
      },
    };
  },
});

export default it;
