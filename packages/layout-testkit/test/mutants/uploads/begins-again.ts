import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("starts a resumed session again at 0", ["UPLOAD-04"], (whole) => ({
  pushBlobChunkedResume: async (repo, id, options) => {
    const writer = await whole.pushBlobChunkedResume(repo, id, options);
    await writer.cancel();
    return whole.pushBlobChunked(repo, options);
  },
}));

export default it;
