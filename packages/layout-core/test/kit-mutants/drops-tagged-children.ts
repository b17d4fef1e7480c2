import type { ImageIndex } from "@ocilayout/oci-types";

import { editEntries, mutant } from "../kit-mutant.ts";

export default mutant("drops every entry of what an index contains", ["LAYOUT-45"], (whole, directory) => ({
  pushManifest: async (repo, content, mediaType, options) => {
    const descriptor = await whole.pushManifest(repo, content, mediaType, options);
    const { manifests = [] } = JSON.parse(new TextDecoder().decode(content)) as Partial<ImageIndex>;
    editEntries(directory, (entries) =>
      entries.filter((entry) => !manifests.some(({ digest }) => digest === entry.digest)),
    );
    return descriptor;
  },
}));
