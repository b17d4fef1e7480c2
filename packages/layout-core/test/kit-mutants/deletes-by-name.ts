import { nameOfEntry } from "../../src/index.ts";
import { readIndex, type IndexEntry } from "../helpers.ts";
import { editEntries, mutant } from "../kit-mutant.ts";

export default mutant(
  "deletes the entries of a manifest whose names it can read",
  ["LAYOUT-107"],
  (whole, directory) => ({
    deleteManifest: async (repo, digest, options) => {
      const isLeft = (entry: IndexEntry): boolean =>
        entry.digest === digest && nameOfEntry(entry) === undefined;
      const left = readIndex(directory).manifests.filter(isLeft);
      await whole.deleteManifest(repo, digest, options);
      editEntries(directory, (entries) => [...left, ...entries]);
    },
  }),
);
