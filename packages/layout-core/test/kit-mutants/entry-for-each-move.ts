import { editEntries, mutant, refNameOf } from "../kit-mutant.ts";

export default mutant(
  "adds an entry for each push of a tag that is under way with others",
  ["LAYOUT-61"],
  (whole, directory) => {
    let underWay = 0;
    return {
      pushManifest: async (...args) => {
        const isAlone = underWay === 0;
        underWay += 1;
        const pushed = await whole.pushManifest(...args).finally(() => (underWay -= 1));
        if (!isAlone)
          editEntries(directory, (entries) => [
            ...entries,
            ...entries.filter((entry) => refNameOf(entry)?.endsWith(":t") === true).slice(0, 1),
          ]);
        return pushed;
      },
    };
  },
);
