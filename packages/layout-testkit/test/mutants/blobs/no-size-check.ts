import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("accepts content of any size", ["BLOB-03"], (whole) => ({
  pushBlob: (repo, { digest }, content, options) => whole.pushBlob(repo, { digest }, content, options),
}));

export default it;
