import type { ImageIndex } from "@ocilayout/oci-types";

import { editEntries, mutant } from "../kit-mutant.ts";

export default mutant(
  "writes an entry for each child of an index",
  ["LAYOUT-01", "LAYOUT-44"],
  (whole, directory) => ({
    pushManifest: async (repo, content, mediaType, options) => {
      const descriptor = await whole.pushManifest(repo, content, mediaType, options);
      const { manifests = [] } = JSON.parse(new TextDecoder().decode(content)) as Partial<ImageIndex>;
      const own = manifests.map((child) => {
        const { mediaType: type, digest, size } = child;
        return {
          mediaType: type,
          digest,
          size,
          annotations: { "org.opencontainers.image.ref.name": `${repo}@${digest}` },
        };
      });
      if (own.length > 0) editEntries(directory, (entries) => [...entries, ...own]);
      return descriptor;
    },
  }),
);
