import type { BlobWriter } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, changeWriters } from "../mutant.ts";

const it: Mutant = mutant("returns a live status of an upload", ["UPLOAD-16"], (whole) => {
  const writers: Map<string, BlobWriter> = new Map();
  return {
    ...changeWriters(whole, (writer) => {
      writers.set(writer.id, writer);
      return {};
    }),
    resolveUpload: async (...args) => {
      const { id, size, chunkSize } = await whole.resolveUpload(...args);
      return {
        id,
        chunkSize,
        get size(): number {
          return writers.get(id)?.size ?? size;
        },
      };
    },
  };
});

export default it;
