import { existsSync, readFileSync, writeFileSync } from "node:fs";

import { blobPath, digestOf } from "@ocilayout/testing";

import { mutant } from "../kit-mutant.ts";

export default mutant(
  "does not write a manifest if a file of the name exists",
  ["LAYOUT-52"],
  (whole, directory) => ({
    pushManifest: async (repo, content, ...rest) => {
      const path = blobPath(directory, digestOf(content));
      const stored = existsSync(path) ? readFileSync(path) : undefined;
      const descriptor = await whole.pushManifest(repo, content, ...rest);
      if (stored !== undefined) writeFileSync(path, stored);
      return descriptor;
    },
  }),
);
