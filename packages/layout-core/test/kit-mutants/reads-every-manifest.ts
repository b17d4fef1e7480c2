import { readFileSync } from "node:fs";

import { blobPath } from "@ocilayout/testing";

import { readIndex } from "../helpers.ts";
import { mutant } from "../kit-mutant.ts";

export default mutant("parses every manifest to find referrers", ["LAYOUT-34"], (whole, directory) => ({
  async *referrers(...args) {
    for (const { digest } of readIndex(directory).manifests)
      JSON.parse(readFileSync(blobPath(directory, digest), "utf8"));
    yield* whole.referrers(...args);
  },
}));
