import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("does not verify content whose digest is already stored", ["BLOB-04"], (whole) => ({
  pushBlob: async (repo, expected, content, options) =>
    unless(whole.resolveBlob(repo, expected.digest, options), "BLOB_UNKNOWN", () =>
      whole.pushBlob(repo, expected, content, options),
    ),
}));

export default it;
