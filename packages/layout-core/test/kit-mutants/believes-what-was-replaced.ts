import { existsSync, readFileSync } from "node:fs";

import { blobPath } from "@ocilayout/testing";

import { readIndex } from "../helpers.ts";
import { mutant } from "../kit-mutant.ts";

export default mutant("looks for subjects without a look at digests", ["LAYOUT-59"], (whole, directory) => ({
  async *referrers(repo, wanted) {
    for (const { digest } of readIndex(directory).manifests) {
      const path = blobPath(directory, digest);
      if (!existsSync(path)) continue;
      const { subject } = JSON.parse(readFileSync(path, "utf8")) as {
        readonly subject?: { readonly digest: string };
      };
      if (subject?.digest === wanted) yield await whole.resolveManifest(repo, digest);
    }
  },
}));
