import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("cannot delete content with a sha512 digest", ["DELETE-17"], (whole) => ({
  async deleteManifest(repo, digest, options) {
    if (digest.startsWith("sha512:")) throw new RegistryError("MANIFEST_UNKNOWN");
    await whole.deleteManifest(repo, digest, options);
  },
}));

export default it;
