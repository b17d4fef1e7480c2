import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("reads a whole source before it checks the size", ["SOURCE-03"], (whole) => ({
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
