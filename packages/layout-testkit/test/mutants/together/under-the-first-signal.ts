import type { Mutant } from "../mutant.ts";
import { mutant, moment } from "../mutant.ts";

const it: Mutant = mutant(
  "makes what is pushed at once under the signal of who came first",
  ["TOGETHER-10"],
  (whole) => {
    let first: { readonly signal: AbortSignal | undefined } | undefined;
    return {
      pushManifest: async (repo, content, mediaType, options) => {
        const { signal } = (first ??= { signal: options?.signal });
        await moment();
        first = undefined;
        return whole.pushManifest(repo, content, mediaType, { ...options, signal });
      },
    };
  },
);

export default it;
