import { editEntries, mutant, refNameOf } from "../kit-mutant.ts";

export default mutant(
  "adds an entry for each push of a tag that is under way with others",
  ["LAYOUT-61"],
  (whole, directory) => {
    let underWay = 0;
    let hasCompany = false;
    return {
      pushManifest: async (...args) => {
        underWay += 1;
        // The first of several pushes may end last, and its entry replaces all others.
        if (underWay > 1) hasCompany = true;
        const pushed = await whole.pushManifest(...args).finally(() => (underWay -= 1));
        const wasAlone = !hasCompany;
        if (underWay === 0) hasCompany = false;
        if (!wasAlone)
          editEntries(directory, (entries) => [
            ...entries,
            ...entries.filter((entry) => refNameOf(entry)?.endsWith(":t") === true).slice(0, 1),
          ]);
        return pushed;
      },
    };
  },
);
