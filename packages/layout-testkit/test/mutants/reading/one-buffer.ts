import type { Mutant } from "../mutant.ts";
import { mutant, changeReader } from "../mutant.ts";

const it: Mutant = mutant("reads every chunk into one buffer", ["READ-05"], (whole) => ({
  getBlob: async (repo, digest, options) => {
    const reader = await whole.getBlob(repo, digest, options);
    const pieces = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      const buffer = new Uint8Array(65_536);
      for await (const chunk of reader) {
        for (let at = 0; at < chunk.length; at += buffer.length) {
          const piece = chunk.subarray(at, at + buffer.length);
          buffer.set(piece);
          yield buffer.subarray(0, piece.length);
        }
      }
    };
    return changeReader(reader, { [Symbol.asyncIterator]: pieces });
  },
}));

export default it;
