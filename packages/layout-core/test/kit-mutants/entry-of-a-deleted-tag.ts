import { editEntries, mutant } from "../kit-mutant.ts";

export default mutant(
  "leaves an entry without a name when a tag is deleted",
  ["LAYOUT-54", "LAYOUT-55"],
  (whole, directory) => ({
    deleteTag: async (repo, tag, options) => {
      const { mediaType, digest, size } = await whole.resolveTag(repo, tag);
      await whole.deleteTag(repo, tag, options);
      editEntries(directory, (entries) => [
        ...entries,
        {
          mediaType,
          digest,
          size,
          annotations: { "org.opencontainers.image.ref.name": `${repo}@${digest}` },
        },
      ]);
    },
  }),
);
