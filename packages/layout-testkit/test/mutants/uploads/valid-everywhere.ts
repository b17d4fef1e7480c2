import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("finds sessions by id alone", ["UPLOAD-08"], (whole) => {
  const homes: Map<string, string> = new Map();
  const home = (repo: string, id: string): string => homes.get(id) ?? repo;
  return {
    pushBlobChunked: async (repo, options) => {
      const writer = await whole.pushBlobChunked(repo, options);
      homes.set(writer.id, repo);
      return writer;
    },
    pushBlobChunkedResume: (repo, id, options) => whole.pushBlobChunkedResume(home(repo, id), id, options),
    cancelUpload: (repo, id, options) => whole.cancelUpload(home(repo, id), id, options),
  };
});

export default it;
