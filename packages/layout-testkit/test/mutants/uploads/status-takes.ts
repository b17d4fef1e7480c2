import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("reports only sessions without a writer", ["UPLOAD-16"], (whole) => ({
  resolveUpload: async (repo, id, options) => {
    const status = await whole.resolveUpload(repo, id, options);
    const writer = await whole.pushBlobChunkedResume(repo, id);
    await writer.close();
    return status;
  },
}));

export default it;
