import type { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("finds references in other repositories", ["REFERENCE-02"], (whole) => ({
  pushManifest: (repo, content, mediaType, options) =>
    unless(whole.pushManifest(repo, content, mediaType, options), "MANIFEST_BLOB_UNKNOWN", async (error) => {
      for (const digest of ((error as RegistryError).detail as { missing: string[] }).missing) {
        await whole.mountBlob(undefined, repo, digest).catch(() => {
          throw error;
        });
      }
      return whole.pushManifest(repo, content, mediaType, options);
    }),
}));

export default it;
