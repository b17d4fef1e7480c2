import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "reports the size that an upload had when it was resumed",
  ["UPLOAD-04"],
  (whole) => {
    const sizes: Map<string, number> = new Map();
    return {
      pushBlobChunkedResume: async (...args) => {
        const writer = await whole.pushBlobChunkedResume(...args);
        sizes.set(writer.id, writer.size);
        return writer;
      },
      resolveUpload: async (...args) => {
        const status = await whole.resolveUpload(...args);
        return { ...status, size: sizes.get(status.id) ?? status.size };
      },
    };
  },
);

export default it;
