import type { Mutant } from "../mutant.ts";
import { mutant, changeWriter } from "../mutant.ts";

const it: Mutant = mutant("leaves the session to an aborted writer", ["SIGNAL-06"], (whole) => ({
  pushBlobChunked: async (repo, options) => {
    const signal = options?.signal;
    signal?.throwIfAborted();
    const writer = await whole.pushBlobChunked(repo, { ...options, signal: undefined });
    const check = (): void => signal?.throwIfAborted();
    return changeWriter(writer, {
      write: async (chunk) => (check(), writer.write(chunk)),
      commit: async (digest) => (check(), writer.commit(digest)),
    });
  },
}));

export default it;
