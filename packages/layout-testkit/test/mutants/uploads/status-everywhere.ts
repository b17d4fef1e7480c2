import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("reports uploads of other repositories", ["UPLOAD-08"], (whole) => {
  const homes: Map<string, string> = new Map();
  return {
    pushBlobChunked: async (repo, options) => {
      const writer = await whole.pushBlobChunked(repo, options);
      homes.set(writer.id, repo);
      return writer;
    },
    resolveUpload: (repo, id, options) => whole.resolveUpload(homes.get(id) ?? repo, id, options),
  };
});

export default it;
