import type { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant(
  "shares blobs and checks only one repository's manifests for references",
  ["DELETE-16"],
  (whole) => ({
    deleteBlob: (repo, digest, options) =>
      unless(whole.deleteBlob(repo, digest, options), "DENIED", async (error) => {
        const { referencedBy } = (error as RegistryError).detail as {
          readonly referencedBy: readonly string[];
        };
        for (const user of referencedBy)
          if (
            await unless(
              whole.resolveManifest(repo, user).then(() => true),
              "MANIFEST_UNKNOWN",
              () => false,
            )
          )
            throw error;
      }),
  }),
  { capabilities: { repositoryScopedBlobs: false }, memory: { repositoryScopedBlobs: false } },
);

export default it;
