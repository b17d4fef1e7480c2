import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("takes a size that is none for absent", ["BLOB-14"], (whole) => ({
  pushBlob: (repo, { digest, size }, content, options) =>
    whole.pushBlob(repo, { digest, size: (size ?? -1) >= 0 ? size : undefined }, content, options),
}));

export default it;
