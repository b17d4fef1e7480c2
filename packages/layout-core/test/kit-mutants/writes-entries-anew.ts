import { editEntries, mutant, refNameOf } from "../kit-mutant.ts";

export default mutant("writes the entry of a tag anew at each push", ["LAYOUT-56"], (whole, directory) => ({
  pushManifest: async (...args) => {
    const pushed = await whole.pushManifest(...args);
    editEntries(directory, (entries) =>
      entries.map((entry) => {
        if (entry.digest !== pushed.digest) return entry;
        return { ...pushed, annotations: { "org.opencontainers.image.ref.name": refNameOf(entry) } };
      }),
    );
    return pushed;
  },
}));
