import type { Mutant } from "../mutant.ts";
import { mutant, changeWriters } from "../mutant.ts";

const it: Mutant = mutant("deletes a committed blob on cancel", ["UPLOAD-10"], (whole) =>
  changeWriters(whole, (writer, repo) => {
    let committed: string | undefined;
    return {
      commit: async (digest) => {
        const descriptor = await writer.commit(digest);
        committed = descriptor.digest;
        return descriptor;
      },
      cancel: async () => {
        await writer.cancel();
        if (committed !== undefined) await whole.deleteBlob(repo, committed);
      },
    };
  }),
);

export default it;
