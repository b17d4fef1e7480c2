import { after, editEntries, mutant, refNameOf } from "../kit-mutant.ts";

export default mutant(
  "drops an entry without a tag where another is about the same manifest",
  ["LAYOUT-57"],
  (whole, directory) =>
    after(whole, ["pushManifest"], () => {
      editEntries(directory, (entries) =>
        entries.filter(
          (entry) =>
            refNameOf(entry)?.includes("@") !== true ||
            entries.filter(({ digest }) => digest === entry.digest).length === 1,
        ),
      );
    }),
);
