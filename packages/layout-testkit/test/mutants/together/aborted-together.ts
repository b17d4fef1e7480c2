import type { Mutant } from "../mutant.ts";
import { mutant, moment } from "../mutant.ts";

const it: Mutant = mutant("aborts all concurrent pushes with one of them", ["TOGETHER-10"], (whole) => {
  const underWay: Set<AbortController> = new Set();
  return {
    pushManifest: async (repo, content, mediaType, options = {}) => {
      const mine = new AbortController();
      const giveUp = (): void => {
        for (const each of underWay) each.abort(options.signal?.reason);
      };
      underWay.add(mine);
      options.signal?.addEventListener("abort", giveUp);
      try {
        await moment();
        return await whole.pushManifest(repo, content, mediaType, {
          ...options,
          signal: AbortSignal.any([mine.signal, ...(options.signal === undefined ? [] : [options.signal])]),
        });
      } finally {
        underWay.delete(mine);
        options.signal?.removeEventListener("abort", giveUp);
      }
    },
  };
});

export default it;
