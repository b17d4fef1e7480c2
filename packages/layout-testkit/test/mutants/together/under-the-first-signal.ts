import type { Mutant } from "../mutant.ts";
import { mutant, moment } from "../mutant.ts";

const it: Mutant = mutant(
  "applies the first push's signal to all concurrent pushes",
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
