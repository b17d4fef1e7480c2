import type { Mutant } from "../mutant.ts";
import { mutant, pretend, unless } from "../mutant.ts";

const it: Mutant = mutant("accepts content with any digest", ["BLOB-02"], (whole) => ({
  pushBlob: (repo, expected, content, options) =>
    unless(whole.pushBlob(repo, expected, content, options), "DIGEST_INVALID", () =>
      pretend(expected.digest, expected.size ?? 0),
    ),
}));

export default it;
