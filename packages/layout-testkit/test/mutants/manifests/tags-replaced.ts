import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "forgets the other tags of a manifest that is pushed again",
  ["MANIFEST-18"],
  (whole) => ({
    pushManifest: async (repo, content, mediaType, options) => {
      const pushed = await whole.pushManifest(repo, content, mediaType, options);
      for (const tag of await collect(whole.tags(repo))) {
        const { digest } = await whole.resolveTag(repo, tag);
        if (digest === pushed.digest && options?.tags?.includes(tag) === false)
          await whole.deleteTag(repo, tag);
      }
      return pushed;
    },
  }),
);

export default it;
