import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("does not close its source when it is aborted", ["SIGNAL-03"], (whole) => ({
  pushBlob: (repo, descriptor, content, options) => {
    if (
      typeof content !== "object" ||
      (content as unknown) === null ||
      content instanceof ReadableStream ||
      !(Symbol.asyncIterator in content)
    )
      return whole.pushBlob(repo, descriptor, content, options);
    const iterator = content[Symbol.asyncIterator]();
    return whole.pushBlob(
      repo,
      descriptor,
      { [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) },
      options,
    );
  },
}));

export default it;
