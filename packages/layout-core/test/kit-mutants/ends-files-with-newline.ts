import { appendFileSync } from "node:fs";

import { blobPath } from "@ocilayout/testing";

import { mutant } from "../kit-mutant.ts";

export default mutant("ends the files of manifests with a newline", ["LAYOUT-03"], (whole, directory) => ({
  pushManifest: async (...args) => {
    const descriptor = await whole.pushManifest(...args);
    appendFileSync(blobPath(directory, descriptor.digest), "\n");
    return descriptor;
  },
}));
