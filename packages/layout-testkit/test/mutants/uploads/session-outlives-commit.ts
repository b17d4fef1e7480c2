import type { Mutant } from "../mutant.ts";
import { mutant, changeWriters } from "../mutant.ts";

const it: Mutant = mutant("keeps the session of a committed upload", ["UPLOAD-24"], (whole) => {
  const finished: Set<string> = new Set();
  return {
    ...changeWriters(whole, (writer) => ({
      commit: async (digest) => {
        const committed = await writer.commit(digest);
        finished.add(writer.id);
        return committed;
      },
    })),
    resolveUpload: async (repo, id, options) =>
      finished.has(id) ? { id, size: 0, chunkSize: 1 } : whole.resolveUpload(repo, id, options),
  };
});

export default it;
