import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { listOf, mutant } from "../mutant.ts";

const it: Mutant = mutant("caches a list of tags until the next push", ["LIST-10"], (whole) => {
  const kept: Map<string, readonly string[]> = new Map();
  return {
    tags: (repo, options) => {
      if (options !== undefined) return whole.tags(repo, options);
      const list = async (): Promise<readonly string[]> => kept.get(repo) ?? collect(whole.tags(repo));
      return listOf(list().then((tags) => (kept.set(repo, tags), tags)));
    },
    pushManifest: async (...args) => {
      kept.clear();
      return whole.pushManifest(...args);
    },
  };
});

export default it;
