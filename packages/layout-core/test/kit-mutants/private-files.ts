import { chmodSync } from "node:fs";

import { blobPath } from "@ocilayout/testing";

import { mutant } from "../kit-mutant.ts";

export default mutant("makes blobs that only their owner can read", ["LAYOUT-08"], (whole, directory) => ({
  pushBlob: async (...args) => {
    const descriptor = await whole.pushBlob(...args);
    chmodSync(blobPath(directory, descriptor.digest), 0o600);
    return descriptor;
  },
}));
