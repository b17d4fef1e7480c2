import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("encodes text that is passed as content", ["BLOB-14"], (whole) => ({
  pushBlob: (repo, expected, content, options) =>
    whole.pushBlob(
      repo,
      expected,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
      options,
    ),
}));

export default it;
