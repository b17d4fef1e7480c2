import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("does not close a sync iterator", ["SOURCE-04"], (whole) => ({
  pushBlob: (repo, descriptor, content, options) => {
    if (
      !Array.isArray(content) &&
      typeof content === "object" &&
      !(content instanceof Uint8Array) &&
      Symbol.iterator in content
    ) {
      const iterator = content[Symbol.iterator]();
      return whole.pushBlob(
        repo,
        descriptor,
        { [Symbol.iterator]: () => ({ next: () => iterator.next() }) },
        options,
      );
    }
    return whole.pushBlob(repo, descriptor, content, options);
  },
}));

export default it;
