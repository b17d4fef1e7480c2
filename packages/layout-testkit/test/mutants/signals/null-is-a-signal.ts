import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("rejects a null signal", ["SIGNAL-90"], (whole) => ({
  getBlob: async (repo, digest, options) => {
    const reader = await whole.getBlob(repo, digest, options);
    if (options?.signal !== undefined) options.signal.addEventListener("abort", () => void reader.close());
    return reader;
  },
}));

export default it;
