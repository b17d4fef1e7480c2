import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("accepts chunks of text", ["BLOB-14"], (whole) => ({
  pushBlob: (repo, descriptor, content, options) => {
    if (
      typeof content !== "object" ||
      (content as unknown) === null ||
      content instanceof ReadableStream ||
      !(Symbol.asyncIterator in content)
    )
      return whole.pushBlob(repo, descriptor, content, options);
    const source = content;
    const encoded = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      for await (const chunk of source as AsyncIterable<unknown>)
        yield typeof chunk === "string" ? new TextEncoder().encode(chunk) : (chunk as Uint8Array);
    };
    return whole.pushBlob(repo, descriptor, encoded(), options);
  },
}));

export default it;
