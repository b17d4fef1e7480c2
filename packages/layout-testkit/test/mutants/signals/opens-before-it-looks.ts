import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("opens a session before it checks the signal", ["SIGNAL-91"], (whole) => ({
  pushBlobChunkedResume: async (repo, id, options) => {
    const { signal, ...rest } = options ?? {};
    const writer = await whole.pushBlobChunkedResume(repo, id, rest);
    signal?.throwIfAborted();
    signal?.addEventListener("abort", () => void writer.close());
    return writer;
  },
}));

export default it;
