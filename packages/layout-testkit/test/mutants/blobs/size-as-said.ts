import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("copies the size from the descriptor", ["BLOB-08"], (whole) => ({
  pushBlob: async (repo, expected, content, options) => ({
    ...(await whole.pushBlob(repo, expected, content, options)),
    size: expected.size ?? 0,
  }),
}));

export default it;
