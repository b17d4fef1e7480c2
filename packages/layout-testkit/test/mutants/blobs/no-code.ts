import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("rejects with errors without a code", ["BLOB-07"], (whole) => ({
  getBlob: (repo, digest, options) =>
    unless(whole.getBlob(repo, digest, options), "BLOB_UNKNOWN", () => {
      throw new Error("not found");
    }),
}));

export default it;
