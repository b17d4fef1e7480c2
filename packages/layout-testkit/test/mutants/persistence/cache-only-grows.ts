import type { Descriptor } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("caches tags that another registry has deleted", ["OPEN-04"], (whole) => {
  const known: Map<string, Descriptor> = new Map();
  return {
    resolveTag: (repo, tag, options) =>
      unless(
        whole.resolveTag(repo, tag, options).then((found) => (known.set(`${repo} ${tag}`, found), found)),
        "MANIFEST_UNKNOWN",
        (error) => {
          const found = known.get(`${repo} ${tag}`);
          if (found === undefined) throw error;
          return found;
        },
      ),
    deleteTag: async (repo, tag, options) => {
      await whole.deleteTag(repo, tag, options);
      known.delete(`${repo} ${tag}`);
    },
    deleteManifest: async (repo, digest, options) => {
      await whole.deleteManifest(repo, digest, options);
      for (const [name, found] of known) if (found.digest === digest) known.delete(name);
    },
  };
});

export default it;
