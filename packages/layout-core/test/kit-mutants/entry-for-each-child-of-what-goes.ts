import { readFileSync } from "node:fs";

import { blobPath } from "@ocilayout/testing";

import type { IndexEntry } from "../helpers.ts";
import { editEntries, mutant } from "../kit-mutant.ts";

export default mutant(
  "gives every child of a deleted index an entry, also where something keeps it",
  ["LAYOUT-53"],
  (whole, directory) => ({
    deleteManifest: async (repo, digest) => {
      const { manifests } = JSON.parse(readFileSync(blobPath(directory, digest), "utf8")) as {
        readonly manifests: readonly IndexEntry[];
      };
      await whole.deleteManifest(repo, digest);
      editEntries(directory, (entries) => [...entries, ...manifests]);
    },
  }),
);
