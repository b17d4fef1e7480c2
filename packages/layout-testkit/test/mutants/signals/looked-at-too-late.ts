import type { Mutant } from "../mutant.ts";
import { mutant, moment } from "../mutant.ts";

const it: Mutant = mutant("checks the signal after the change", ["SIGNAL-07"], (whole) => ({
  pushManifest: async (repo, content, mediaType, options) => {
    options?.signal?.throwIfAborted();
    const pushed = await whole.pushManifest(repo, content, mediaType, { ...options, signal: undefined });
    for (let i = 0; i < 6; i += 1) await moment();
    options?.signal?.throwIfAborted();
    return pushed;
  },
}));

export default it;
