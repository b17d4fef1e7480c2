import { createBlobReader } from "@ocilayout/oci-backend";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("returns its stored bytes without a copy", ["BLOB-10"], (whole) => {
  const stored: Map<string, Uint8Array> = new Map();
  return {
    getBlob: async (repo, digest, options) => {
      const reader = await whole.getBlob(repo, digest, options);
      const content = stored.get(digest) ?? (await reader.bytes());
      stored.set(digest, content);
      return createBlobReader(reader.descriptor, content, { verify: false, chunks: "owned" });
    },
  };
});

export default it;
