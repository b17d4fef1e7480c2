import type { Mutant } from "../mutant.ts";
import { mutant, moment } from "../mutant.ts";

const it: Mutant = mutant("undoes deletions during a push", ["TOGETHER-06"], (whole) => {
  let pushing = 0;
  return {
    pushManifest: async (...args) => {
      pushing += 1;
      await moment();
      return whole.pushManifest(...args).finally(() => {
        pushing -= 1;
      });
    },
    deleteTag: async (repo, tag, options) => {
      await whole.resolveTag(repo, tag, options);
      if (pushing === 0) await whole.deleteTag(repo, tag, options);
    },
  };
});

export default it;
