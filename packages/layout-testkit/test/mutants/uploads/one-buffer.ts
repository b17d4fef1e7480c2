import type { BlobWriter } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, changeWriters } from "../mutant.ts";

const it: Mutant = mutant("uses one buffer for all uploads of a repository", ["UPLOAD-18"], (whole) => {
  let open: BlobWriter | undefined;
  return changeWriters(whole, (writer) => {
    open ??= writer;
    const shared = open;
    return {
      write: async (chunk) => {
        await writer.write(new Uint8Array(0));
        await shared.write(chunk);
      },
    };
  });
});

export default it;
