import { computeDigest } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, changeWriters } from "../mutant.ts";

const it: Mutant = mutant("shows an upload as a blob before its commit", ["UPLOAD-14"], (whole) =>
  changeWriters(whole, (writer, repo) => ({
    write: async (chunk) => {
      await writer.write(chunk);
      const { digest } = await computeDigest(chunk);
      await whole.pushBlob(repo, { digest }, chunk);
    },
  })),
);

export default it;
