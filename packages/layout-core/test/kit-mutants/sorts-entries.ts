import { after, editEntries, mutant, refNameOf } from "../kit-mutant.ts";

export default mutant("sorts the entries by name", ["LAYOUT-21"], (whole, directory) =>
  after(whole, ["pushManifest"], () => {
    editEntries(directory, (entries) =>
      entries.toSorted((a, b) => ((refNameOf(a) ?? "") < (refNameOf(b) ?? "") ? -1 : 1)),
    );
  }),
);
