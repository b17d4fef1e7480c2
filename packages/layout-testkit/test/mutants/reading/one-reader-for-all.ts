import type { BlobReader } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, changeReader } from "../mutant.ts";

const it: Mutant = mutant("returns the same unread reader again", ["READ-05"], (whole) => {
  const unread: Map<string, BlobReader> = new Map();
  return {
    getBlob: async (repo, digest, options) => {
      const reader = unread.get(repo + digest) ?? (await whole.getBlob(repo, digest, options));
      unread.set(repo + digest, reader);
      const read = (): BlobReader => {
        unread.delete(repo + digest);
        return reader;
      };
      return changeReader(reader, {
        bytes: () => read().bytes(),
        text: () => read().text(),
        json: () => read().json(),
        stream: () => read().stream(),
        close: () => read().close(),
        [Symbol.asyncIterator]: () => read()[Symbol.asyncIterator](),
        [Symbol.asyncDispose]: () => read().close(),
      });
    },
  };
});

export default it;
