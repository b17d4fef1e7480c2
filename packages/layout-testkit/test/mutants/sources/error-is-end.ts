import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("treats a source's error as its end", ["SOURCE-05"], (whole) => ({
  pushBlob: (repo, expected, content, options) => {
    if (content instanceof Uint8Array || !(Symbol.asyncIterator in Object(content)))
      return whole.pushBlob(repo, expected, content, options);
    const iterator = (content as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    const next = async (): Promise<IteratorResult<Uint8Array>> =>
      iterator.next().catch(() => ({ done: true as const, value: undefined }));
    return whole.pushBlob(
      repo,
      expected,
      {
        [Symbol.asyncIterator]: () => ({
          next,
          return: async () => (await iterator.return?.()) ?? { done: true as const, value: undefined },
        }),
      },
      options,
    );
  },
}));

export default it;
