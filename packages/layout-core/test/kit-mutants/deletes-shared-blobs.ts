import { readFileSync, rmSync } from "node:fs";

import type { ImageManifest } from "@ocilayout/oci-types";
import { blobPath } from "@ocilayout/testing";

import { mutant } from "../kit-mutant.ts";

export default mutant(
  "deletes the blobs of a manifest with it, even if others need them",
  ["LAYOUT-02"],
  (whole, directory) => ({
    deleteManifest: async (repo, digest, options) => {
      const { layers = [] } = JSON.parse(
        readFileSync(blobPath(directory, digest), "utf8"),
      ) as Partial<ImageManifest>;
      await whole.deleteManifest(repo, digest, options);
      for (const layer of layers) rmSync(blobPath(directory, layer.digest));
    },
  }),
);
