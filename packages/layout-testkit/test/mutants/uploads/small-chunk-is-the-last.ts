import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, changeWriter } from "../mutant.ts";

const it: Mutant = mutant("rejects chunks after one smaller than chunkSize", ["UPLOAD-25"], (whole) => ({
  pushBlobChunked: async (repo, options) => {
    const writer = await whole.pushBlobChunked(repo, options);
    let isOver = false;
    const write = async (chunk: Uint8Array): Promise<void> => {
      if (isOver) throw new RegistryError("SIZE_INVALID");
      isOver = chunk.length < (options?.chunkSize ?? 0);
      return writer.write(chunk);
    };
    return changeWriter(writer, { write });
  },
}));

export default it;
