import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("does not close the source of a failed push", ["SOURCE-04"], (whole) => ({
  pushBlob: (repo, expected, content, options) => {
    if (!(Symbol.asyncIterator in Object(content))) return whole.pushBlob(repo, expected, content, options);
    const iterator = (content as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    return whole.pushBlob(
      repo,
      expected,
      { [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) },
      options,
    );
  },
}));

export default it;
