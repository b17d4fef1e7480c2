import type { Mutant } from "../mutant.ts";
import { mutant, pretend } from "../mutant.ts";

const it: Mutant = mutant("stores digests of algorithms that it cannot compute", ["BLOB-12"], (whole) => ({
  pushBlob: async (repo, expected, content, options) =>
    expected.digest.startsWith("md5:")
      ? pretend(expected.digest, 5)
      : whole.pushBlob(repo, expected, content, options),
}));

export default it;
