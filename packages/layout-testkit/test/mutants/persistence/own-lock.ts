import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, moment } from "../mutant.ts";

const it: Mutant = mutant("uses a lock that other registries do not see", ["OPEN-03"], (whole) => {
  const own: Set<string> = new Set();
  return {
    pushManifest: async (repo, content, mediaType, options) => {
      const before = new Set(await collect(whole.tags(repo)).catch(() => []));
      for (const tag of options?.tags ?? []) own.add(tag);
      await moment();
      const pushed = await whole.pushManifest(repo, content, mediaType, options);
      for (const tag of await collect(whole.tags(repo)))
        if (!before.has(tag) && !own.has(tag)) await whole.deleteTag(repo, tag);
      return pushed;
    },
  };
});

export default it;
