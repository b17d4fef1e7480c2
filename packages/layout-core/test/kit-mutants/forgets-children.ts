import { after, editEntries, mutant, refNameOf } from "../kit-mutant.ts";

export default mutant("deletes an index with all that only it contained", ["LAYOUT-46"], (whole, directory) =>
  after(whole, ["deleteManifest"], () => {
    editEntries(directory, (entries) => entries.filter((entry) => refNameOf(entry)?.includes("@") === false));
  }),
);
