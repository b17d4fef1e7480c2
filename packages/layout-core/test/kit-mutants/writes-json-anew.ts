import { after, editEntries, mutant } from "../kit-mutant.ts";

export default mutant(
  "parses index.json and writes it anew",
  ["LAYOUT-18", "LAYOUT-19", "LAYOUT-20"],
  (whole, directory) =>
    after(whole, ["pushManifest", "deleteTag"], () => {
      editEntries(directory, (entries) => entries);
    }),
);
