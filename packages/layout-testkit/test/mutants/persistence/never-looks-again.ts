import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, listOf } from "../mutant.ts";

const it: Mutant = mutant("never reads anything a second time", ["OPEN-02"], (whole) => {
  const tags: Map<string, string[]> = new Map();
  return {
    pushManifest: async (repo, ...args) => {
      tags.delete(repo);
      return whole.pushManifest(repo, ...args);
    },
    deleteTag: async (repo, ...args) => {
      tags.delete(repo);
      return whole.deleteTag(repo, ...args);
    },
    deleteManifest: async (repo, ...args) => {
      tags.delete(repo);
      return whole.deleteManifest(repo, ...args);
    },
    tags: (repo, options) => {
      if (options?.limit !== undefined || options?.startAfter !== undefined || options?.signal !== undefined)
        return whole.tags(repo, options);
      return listOf(
        (async () => {
          const found = tags.get(repo) ?? (await collect(whole.tags(repo)));
          tags.set(repo, found);
          return [...found];
        })(),
      );
    },
  };
});

export default it;
