import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("writes the size into the caller's descriptor", ["BLOB-16"], (whole) => ({
  pushBlob: async (repo, descriptor, content, options) => {
    const pushed = await whole.pushBlob(repo, descriptor, content, options);
    Reflect.set(descriptor, "size", pushed.size);
    return pushed;
  },
}));

export default it;
