import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("ignores the offset", ["UPLOAD-05"], (whole) => ({
  pushBlobChunkedResume: (repo, id, options) =>
    whole.pushBlobChunkedResume(repo, id, {
      ...options,
      offset: (options?.offset ?? 0) < 0 ? options?.offset : undefined,
    }),
}));

export default it;
