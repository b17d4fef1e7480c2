import type { Mutant } from "../mutant.ts";
import { mutant, changeReader } from "../mutant.ts";

const it: Mutant = mutant("returns a stream of an empty blob that does not end", ["BLOB-05"], (whole) => ({
  getBlob: async (repo, digest, options) => {
    const reader = await whole.getBlob(repo, digest, options);
    return reader.descriptor.size > 0 ? reader : changeReader(reader, { stream: () => new ReadableStream() });
  },
}));

export default it;
