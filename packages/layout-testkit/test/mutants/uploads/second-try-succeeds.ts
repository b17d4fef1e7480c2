import type { BlobWriter } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("opens a session to the second concurrent resume", ["UPLOAD-09"], (whole) => {
  const writers: Map<string, BlobWriter> = new Map();
  const refused: Set<string> = new Set();
  return {
    pushBlobChunked: async (repo, options) => {
      const writer = await whole.pushBlobChunked(repo, options);
      writers.set(writer.id, writer);
      return writer;
    },
    pushBlobChunkedResume: (repo, id, options) =>
      unless(whole.pushBlobChunkedResume(repo, id, options), "BLOB_UPLOAD_INVALID", (error) => {
        const writer = writers.get(id);
        if (writer === undefined || !refused.has(id)) {
          refused.add(id);
          throw error;
        }
        return writer;
      }),
  };
});

export default it;
