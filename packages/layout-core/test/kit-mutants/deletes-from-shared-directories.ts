import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import type { Registry } from "@ocilayout/oci-types";
import { blobPath } from "@ocilayout/testing";

import { mutant } from "../kit-mutant.ts";

export default mutant(
  "removes blobs from a shared directory",
  ["LAYOUT-87", "LAYOUT-88"],
  (_whole, directory) => {
    const faults: Partial<Registry> & { readonly gc: () => Promise<void> } = {
      deleteBlob: async (_repo: string, digest: string): Promise<void> => {
        rmSync(blobPath(directory, digest));
      },
      gc: async (): Promise<void> => {
        const blobs = join(directory, "blobs", "sha256");
        // The index of one layout does not list the blobs of another.
        for (const name of readdirSync(blobs)) rmSync(join(blobs, name));
      },
    };
    return faults;
  },
);
