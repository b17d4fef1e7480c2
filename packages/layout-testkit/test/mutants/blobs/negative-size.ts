import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("treats an invalid size as absent", ["BLOB-14"], (whole) => ({
  pushBlob: (repo, { digest, size }, content, options) =>
    whole.pushBlob(repo, { digest, size: (size ?? -1) >= 0 ? size : undefined }, content, options),
}));

export default it;
