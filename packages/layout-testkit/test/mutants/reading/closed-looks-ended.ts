import { isRegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { changeReader, mutant } from "../mutant.ts";

const it: Mutant = mutant("ends its chunks without an error if it is closed early", ["READ-07"], (whole) => ({
  getBlob: async (repo, digest, options) => {
    const reader = await whole.getBlob(repo, digest, options);
    const quiet = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      try {
        yield* reader;
      } catch (error) {
        if (!isRegistryError(error, "CLOSED")) throw error;
      }
    };
    return changeReader(reader, { [Symbol.asyncIterator]: quiet });
  },
}));

export default it;
