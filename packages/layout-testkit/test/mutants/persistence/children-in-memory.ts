import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "finds only manifests that it has seen or that have a tag",
  ["OPEN-12"],
  (whole) => {
    const own: Set<string> = new Set();
    const require = (digest: string): void => {
      if (!own.has(digest)) throw new RegistryError("MANIFEST_UNKNOWN", "no such manifest");
    };
    return {
      pushManifest: async (...args) => {
        const pushed = await whole.pushManifest(...args);
        own.add(pushed.digest);
        return pushed;
      },
      resolveManifest: async (repo, digest, options) => {
        require(digest);
        return whole.resolveManifest(repo, digest, options);
      },
    };
  },
);

export default it;
