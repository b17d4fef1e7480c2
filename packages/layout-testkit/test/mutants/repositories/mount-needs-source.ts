import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("rejects a mount without a source", ["MOUNT-04"], (whole) => ({
  mountBlob: async (from, to, digest, options) => {
    const mounted =
      from === undefined
        ? await whole.resolveBlob(to, digest, options)
        : await whole.mountBlob(from, to, digest, options);
    return mounted;
  },
}));

export default it;
