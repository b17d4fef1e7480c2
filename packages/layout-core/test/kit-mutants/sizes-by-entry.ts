import { readIndex } from "../helpers.ts";
import { mutant } from "../kit-mutant.ts";

export default mutant("resolves a tag to the size in its entry", ["LAYOUT-101"], (whole, directory) => ({
  resolveTag: async (...args) => {
    const resolved = await whole.resolveTag(...args);
    const entry = readIndex(directory).manifests.find(({ digest }) => digest === resolved.digest) as
      { size?: number } | undefined;
    return { ...resolved, size: entry?.size ?? resolved.size };
  },
}));
