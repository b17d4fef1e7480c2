import { nameOfEntry } from "../../src/index.ts";
import { after, editEntries, mutant } from "../kit-mutant.ts";

export default mutant(
  "drops the entries that it does not understand",
  ["LAYOUT-18", "LAYOUT-19"],
  (whole, directory) =>
    after(whole, ["pushManifest", "deleteTag"], () => {
      editEntries(directory, (entries) => entries.filter((entry) => nameOfEntry(entry) !== undefined));
    }),
);
