import type { Descriptor } from "@ocilayout/oci-types";
import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, documentOf } from "../mutant.ts";

const it: Mutant = mutant(
  "does not find the children of an index",
  ["MANIFEST-11", "REFERENCE-04"],
  (whole) => {
    const listed: Set<string> = new Set();
    const find = (digest: string): void => {
      if (listed.has(digest)) throw new RegistryError("MANIFEST_UNKNOWN");
    };
    return {
      pushManifest: async (repo, content, mediaType, options) => {
        const pushed = await whole.pushManifest(repo, content, mediaType, options);
        const { manifests = [] } = documentOf(content) as { manifests?: Descriptor[] };
        for (const { digest } of manifests) listed.add(digest);
        return pushed;
      },
      resolveManifest: async (repo, digest, options) => (
        find(digest),
        whole.resolveManifest(repo, digest, options)
      ),
    };
  },
);

export default it;
