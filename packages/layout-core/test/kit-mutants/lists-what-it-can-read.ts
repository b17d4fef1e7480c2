import { mutant } from "../kit-mutant.ts";

export default mutant("lists the tags whose manifests it can open", ["LAYOUT-33"], (whole) => ({
  async *tags(repo, options) {
    for await (const tag of whole.tags(repo, options)) {
      const reader = await whole.getTag(repo, tag).catch(() => undefined);
      if (reader === undefined) continue;
      await reader.close();
      yield tag;
    }
  },
}));
