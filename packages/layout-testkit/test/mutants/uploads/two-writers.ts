import type { BlobWriter } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("lets two writers use a session", ["UPLOAD-09"], (whole) => {
  const open: Map<string, BlobWriter> = new Map();
  return {
    pushBlobChunked: async (repo, options) => {
      const writer = await whole.pushBlobChunked(repo, options);
      open.set(writer.id, writer);
      return writer;
    },
    pushBlobChunkedResume: (repo, id, options) =>
      unless(whole.pushBlobChunkedResume(repo, id, options), "BLOB_UPLOAD_INVALID", (error) => {
        const writer = open.get(id);
        if (writer === undefined) throw error;
        return writer;
      }),
  };
});

export default it;
