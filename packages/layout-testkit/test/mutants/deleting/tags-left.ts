import type { Descriptor } from "@ocilayout/oci-types";
import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("keeps the tags of a deleted manifest", ["DELETE-04"], (whole) => {
  const left: Map<string, Descriptor> = new Map();
  return {
    deleteManifest: async (repo, digest, options) => {
      for (const tag of await collect(whole.tags(repo)).catch(() => [])) {
        const found = await whole.resolveTag(repo, tag);
        if (found.digest === digest) left.set(`${repo} ${tag}`, found);
      }
      await whole.deleteManifest(repo, digest, options);
    },
    resolveTag: (repo, tag, options) =>
      unless(whole.resolveTag(repo, tag, options), "MANIFEST_UNKNOWN", (error) => {
        const found = left.get(`${repo} ${tag}`);
        if (found === undefined) throw error;
        return found;
      }),
  };
});

export default it;
