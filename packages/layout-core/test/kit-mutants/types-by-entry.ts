import { readIndex } from "../helpers.ts";
import { mutant } from "../kit-mutant.ts";

export default mutant(
  "resolves a tag to the media type in its entry",
  ["LAYOUT-100"],
  (whole, directory) => ({
    resolveTag: async (...args) => {
      const resolved = await whole.resolveTag(...args);
      const entry = readIndex(directory).manifests.find(({ digest }) => digest === resolved.digest) as
        { mediaType?: string } | undefined;
      return { ...resolved, mediaType: entry?.mediaType ?? resolved.mediaType };
    },
  }),
);
