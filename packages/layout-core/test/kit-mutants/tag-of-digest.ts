import { mutant } from "../kit-mutant.ts";

export default mutant("tags what has no tag with its digest", ["LAYOUT-11"], (whole) => ({
  pushManifest: async (repo, content, mediaType, options = {}) => {
    const { digest } = await whole.pushManifest(repo, content, mediaType, options);
    return whole.pushManifest(
      repo,
      content,
      mediaType,
      (options.tags ?? []).length > 0 ? options : { tags: [digest.slice(7, 19)] },
    );
  },
}));
