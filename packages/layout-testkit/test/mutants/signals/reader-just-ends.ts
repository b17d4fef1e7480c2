import type { Mutant } from "../mutant.ts";
import { mutant, changeReader } from "../mutant.ts";

const it: Mutant = mutant(
  "ends its chunks without an error if the signal is aborted",
  ["SIGNAL-04"],
  (whole) => ({
    getBlob: async (repo, digest, options) => {
      const reader = await whole.getBlob(repo, digest, options);
      const quiet = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
        try {
          yield* reader;
        } catch (error) {
          if (options?.signal?.aborted !== true) throw error;
        }
      };
      return changeReader(reader, { [Symbol.asyncIterator]: quiet });
    },
  }),
);

export default it;
