import { readFileSync } from "node:fs";

import { blobPath } from "@ocilayout/testing";

import { mutant } from "../kit-mutant.ts";

export default mutant("reads a manifest whole, however large it is", ["LAYOUT-73"], (whole, directory) => ({
  getTag: async (repo, tag, options) => {
    const { digest } = await whole.resolveTag(repo, tag, options);
    readFileSync(blobPath(directory, digest));
    return whole.getTag(repo, tag, options);
  },
}));
