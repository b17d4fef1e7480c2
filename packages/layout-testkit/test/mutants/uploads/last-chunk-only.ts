import type { Mutant } from "../mutant.ts";
import { mutant, changeWriters } from "../mutant.ts";

const it: Mutant = mutant("keeps only the last chunk", ["UPLOAD-01"], (whole) => {
  const last: Map<string, Uint8Array> = new Map();
  return changeWriters(whole, (writer, repo) => ({
    write: async (chunk) => {
      await writer.write(chunk);
      last.set(writer.id, chunk.slice());
    },
    commit: async (digest) => {
      const committed = await writer.commit(digest);
      return { ...committed, size: last.get(writer.id)?.length ?? Number(repo === "") };
    },
  }));
});

export default it;
