import { statSync } from "node:fs";

import { blobPath } from "@ocilayout/testing";

import { readIndex } from "../helpers.ts";
import { mutant } from "../kit-mutant.ts";

export default mutant(
  "looks at every manifest to find referrers, wherever it leads",
  ["LAYOUT-74"],
  (whole, directory) => ({
    async *referrers(...args) {
      for (const { digest } of readIndex(directory).manifests) statSync(blobPath(directory, digest));
      yield* whole.referrers(...args);
    },
  }),
);
