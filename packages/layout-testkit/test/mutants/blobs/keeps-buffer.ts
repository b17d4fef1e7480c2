import { createBlobReader } from "@ocilayout/oci-backend";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("keeps the caller's buffer", ["BLOB-09"], (whole) => {
  const kept: Map<string, Uint8Array> = new Map();
  return {
    pushBlob: async (repo, expected, content, options) => {
      const descriptor = await whole.pushBlob(repo, expected, content, options);
      if (content instanceof Uint8Array) kept.set(descriptor.digest, content);
      return descriptor;
    },
    getBlob: async (repo, digest, options) => {
      const reader = await whole.getBlob(repo, digest, options);
      return createBlobReader(reader.descriptor, kept.get(digest) ?? reader, { verify: false });
    },
  };
});

export default it;
