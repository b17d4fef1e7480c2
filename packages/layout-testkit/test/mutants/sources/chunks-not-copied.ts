import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("collects chunks without a copy", ["SOURCE-07"], (whole) => ({
  pushBlob: async (repo, expected, content, options) => {
    if (content instanceof Uint8Array || !(Symbol.asyncIterator in Object(content)))
      return whole.pushBlob(repo, expected, content, options);
    const chunks: Uint8Array[] = [];
    for await (const chunk of content as AsyncIterable<Uint8Array>) chunks.push(chunk);
    return whole.pushBlob(repo, expected, chunks, options);
  },
}));

export default it;
