import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant(
  "reports a manifest as an unknown blob when it is deleted as one",
  ["DELETE-10"],
  (whole) => ({
    deleteBlob: (repo, digest, options) =>
      unless(whole.deleteBlob(repo, digest, options), "DENIED", async (error) => {
        await unless(whole.resolveManifest(repo, digest), "MANIFEST_UNKNOWN", () => {
          throw error;
        });
        throw new RegistryError("BLOB_UNKNOWN");
      }),
  }),
);

export default it;
