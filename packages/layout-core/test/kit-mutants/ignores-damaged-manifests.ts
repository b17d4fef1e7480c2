import { rmSync } from "node:fs";

import { isRegistryError } from "@ocilayout/oci-types";
import { blobPath } from "@ocilayout/testing";

import { mutant } from "../kit-mutant.ts";

export default mutant(
  "does not ask what a manifest refers to that it cannot read",
  ["LAYOUT-50"],
  (whole, directory) => ({
    deleteBlob: async (repo, digest) => {
      try {
        await whole.deleteBlob(repo, digest);
      } catch (error) {
        if (!isRegistryError(error, "DENIED") || !Object.hasOwn(error.detail ?? {}, "damaged")) throw error;
        rmSync(blobPath(directory, digest));
      }
    },
  }),
);
