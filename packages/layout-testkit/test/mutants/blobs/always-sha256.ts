import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "computes sha256 whatever the digest's algorithm",
  ["BLOB-06", "MANIFEST-19"],
  (whole) => {
    const refuse = (digest: string | undefined): void => {
      if (digest?.startsWith("sha512:") === true) throw new RegistryError("DIGEST_INVALID");
    };
    return {
      pushBlob: async (repo, expected, content, options) => (
        refuse(expected.digest),
        whole.pushBlob(repo, expected, content, options)
      ),
      pushManifest: async (repo, content, mediaType, options) => (
        refuse(options?.digest),
        whole.pushManifest(repo, content, mediaType, options)
      ),
    };
  },
);

export default it;
