import type { BlobReader } from "@ocilayout/oci-types";
import { createBlobReader } from "@ocilayout/oci-backend";

import type { Mutant } from "../mutant.ts";
import { changeReader, mutant } from "../mutant.ts";

/** A reader that compares its content with its public descriptor. */
function unprotected(reader: BlobReader): BlobReader {
  const { descriptor } = reader;
  return changeReader(reader, { descriptor, bytes: () => createBlobReader(descriptor, reader).bytes() });
}

const it: Mutant = mutant(
  "verifies content against the descriptor that it returned",
  ["READ-90"],
  (whole) => ({
    getTag: async (...args) => unprotected(await whole.getTag(...args)),
  }),
);

export default it;
