import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("verifies the digest after it stores the manifest", ["MANIFEST-06"], (whole) => ({
  pushManifest: async (repo, content, mediaType, options) => {
    if (options?.digest?.startsWith("sha512:") === true)
      return whole.pushManifest(repo, content, mediaType, options);
    const pushed = await whole.pushManifest(repo, content, mediaType, { ...options, digest: undefined });
    if (options?.digest !== undefined && pushed.digest !== options.digest)
      throw new RegistryError("DIGEST_INVALID");
    return pushed;
  },
}));

export default it;
