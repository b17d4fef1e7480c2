import { RegistryError } from "@ocilayout/oci-types";

import { mutant } from "../kit-mutant.ts";

/** By directory. */
const known: Map<string, Set<string>> = new Map();

export default mutant(
  "knows the tags that it pushed, and no other",
  ["LAYOUT-12", "LAYOUT-13", "LAYOUT-24"],
  (whole, directory) => {
    const own = known.get(directory) ?? new Set();
    known.set(directory, own);
    return {
      pushManifest: async (repo, content, mediaType, options) => {
        for (const tag of options?.tags ?? []) own.add(tag);
        return whole.pushManifest(repo, content, mediaType, options);
      },
      resolveTag: async (repo, tag, options) => {
        if (own.has(tag)) return whole.resolveTag(repo, tag, options);
        throw new RegistryError("MANIFEST_UNKNOWN");
      },
      async *tags(...args) {
        for await (const tag of whole.tags(...args)) if (own.has(tag)) yield tag;
      },
    };
  },
);
