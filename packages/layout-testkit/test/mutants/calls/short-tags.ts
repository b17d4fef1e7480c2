import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("rejects tags of 128 characters", ["NAME-91"], (whole) => ({
  pushManifest: async (repo, content, mediaType, options) => {
    if (options?.tags?.some((tag) => tag.length >= 128) === true) throw new RegistryError("NAME_INVALID");
    return whole.pushManifest(repo, content, mediaType, options);
  },
}));

export default it;
