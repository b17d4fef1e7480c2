import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("reads all of a source before it looks at the size", ["SOURCE-03"], (whole) => ({
  pushBlob: async (repo, expected, content, options) => {
    if (
      content instanceof Uint8Array ||
      typeof content === "string" ||
      !(Symbol.asyncIterator in Object(content))
    )
      return whole.pushBlob(repo, expected, content, options);
    const chunks: Uint8Array[] = [];
    for await (const chunk of content as AsyncIterable<Uint8Array>) chunks.push(chunk.slice());
    return whole.pushBlob(repo, expected, chunks, options);
  },
}));

export default it;
