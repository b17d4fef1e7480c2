import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("recognizes parameters only after exactly one space", ["MANIFEST-15"], (whole) => ({
  async pushManifest(repo, content, mediaType, options) {
    if (/;\S/.test(mediaType)) throw new RegistryError("MANIFEST_INVALID");
    return whole.pushManifest(repo, content, mediaType, options);
  },
}));

export default it;
