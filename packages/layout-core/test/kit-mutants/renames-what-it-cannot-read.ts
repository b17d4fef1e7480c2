import { nameOfEntry } from "../../src/index.ts";
import { after, editEntries, mutant } from "../kit-mutant.ts";

export default mutant(
  "drops an entry that it cannot read once its manifest has a tag",
  ["LAYOUT-105"],
  (whole, directory) =>
    after(whole, ["pushManifest"], () => {
      editEntries(directory, (entries) =>
        entries.filter(
          (entry) =>
            nameOfEntry(entry) !== undefined ||
            !entries.some((one) => one.digest === entry.digest && nameOfEntry(one) !== undefined),
        ),
      );
    }),
);
