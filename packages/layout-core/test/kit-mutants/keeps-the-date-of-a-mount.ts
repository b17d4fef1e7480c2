import { statSync, utimesSync } from "node:fs";

import { blobPath } from "@ocilayout/testing";

import { mutant } from "../kit-mutant.ts";

export default mutant("mounts a blob with the date that it has", ["LAYOUT-85"], (whole, directory) => ({
  mountBlob: async (from, to, digest, options) => {
    const { atime, mtime } = statSync(blobPath(directory, digest));
    const mounted = await whole.mountBlob(from, to, digest, options);
    utimesSync(blobPath(directory, digest), atime, mtime);
    return mounted;
  },
}));
