import type { Mutant } from "../mutant.ts";
import { mutant, changeWriters, moment } from "../mutant.ts";

const it: Mutant = mutant("lets writes overtake each other", ["UPLOAD-12"], (whole) => {
  let count = 0;
  return changeWriters(whole, (writer) => {
    const writes: Promise<void>[] = [];
    const later = async (chunk: Uint8Array): Promise<void> => {
      count += 1;
      if (count % 2 === 0) await moment();
      await writer.write(chunk);
    };
    return {
      write: (chunk) => {
        const write = later(chunk);
        writes.push(write.catch(() => undefined));
        return write;
      },
      commit: async (digest) => {
        await Promise.all(writes);
        return writer.commit(digest);
      },
    };
  });
});

export default it;
