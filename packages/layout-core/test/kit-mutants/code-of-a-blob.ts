import { RegistryError } from "@ocilayout/oci-types";

import { mutant } from "../kit-mutant.ts";

export default mutant("has the code of a blob for a manifest's missing file", ["LAYOUT-32"], (whole) => ({
  getTag: async (repo, tag, options) => {
    const { digest } = await whole.resolveTag(repo, tag, options);
    return whole.getManifest(repo, digest, options).catch((cause: unknown) => {
      throw new RegistryError("BLOB_UNKNOWN", undefined, { cause });
    });
  },
}));
