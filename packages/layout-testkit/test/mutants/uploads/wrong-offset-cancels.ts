import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("cancels a session that is resumed at a wrong offset", ["UPLOAD-05"], (whole) => ({
  pushBlobChunkedResume: (repo, id, options) =>
    unless(whole.pushBlobChunkedResume(repo, id, options), "RANGE_INVALID", async (error) => {
      await whole.cancelUpload(repo, id);
      throw error;
    }),
}));

export default it;
