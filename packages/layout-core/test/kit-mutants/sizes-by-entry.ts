import { readIndex } from "../helpers.ts";
import { mutant } from "../kit-mutant.ts";

export default mutant(
  "says of a manifest that a tag points at what size its entry says",
  ["LAYOUT-101"],
  (whole, directory) => ({
    resolveTag: async (...args) => {
      const resolved = await whole.resolveTag(...args);
      const entry = readIndex(directory).manifests.find(({ digest }) => digest === resolved.digest) as
        { size?: number } | undefined;
      return { ...resolved, size: entry?.size ?? resolved.size };
    },
  }),
);
