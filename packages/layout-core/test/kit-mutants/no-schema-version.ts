import { editIndexText, after, mutant, pushes } from "../kit-mutant.ts";

export default mutant(
  "writes an index.json without schemaVersion",
  ["LAYOUT-01", "LAYOUT-04"],
  (whole, directory) =>
    after(whole, pushes, () => {
      editIndexText(directory, (text) => text.replace('"schemaVersion":2,', ""));
    }),
);
