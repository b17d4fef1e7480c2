import type { Mutant } from "../mutant.ts";
import { mutant, changeWriters } from "../mutant.ts";

const it: Mutant = mutant("overwrites the caller's chunk", ["UPLOAD-13"], (whole) =>
  changeWriters(whole, (writer) => ({
    write: async (chunk) => {
      await writer.write(chunk);
      chunk.fill(0);
    },
  })),
);

export default it;
