import type { Mutant } from "../mutant.ts";
import { mutant, changeWriters } from "../mutant.ts";

const it: Mutant = mutant("keeps references to the caller's chunks", ["UPLOAD-13"], (whole) =>
  changeWriters(whole, (writer) => {
    const chunks: Uint8Array[] = [];
    return {
      write: async (chunk) => {
        await writer.write(new Uint8Array(0));
        if (typeof chunk === "string") throw new TypeError("no bytes");
        chunks.push(chunk);
      },
      commit: async (digest) => {
        for (const chunk of chunks) await writer.write(chunk);
        return writer.commit(digest);
      },
      close: async () => {
        for (const chunk of chunks.splice(0)) await writer.write(chunk);
        await writer.close();
      },
      get size() {
        return writer.size + chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      },
    };
  }),
);

export default it;
