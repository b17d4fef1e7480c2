import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("accepts upload algorithms that it cannot compute", ["UPLOAD-19"], (whole) => ({
  pushBlobChunked: (repo, options) => whole.pushBlobChunked(repo, { ...options, digestAlgorithm: undefined }),
}));

export default it;
