import type { RegistryError } from "@ocilayout/oci-types";
import { computeDigest } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("ignores references with sha512 digests", ["REFERENCE-05"], (whole) => ({
  pushManifest: (repo, content, mediaType, options) =>
    unless(whole.pushManifest(repo, content, mediaType, options), "MANIFEST_BLOB_UNKNOWN", async (error) => {
      const { missing } = (error as RegistryError).detail as { missing: string[] };
      if (missing.every((digest) => digest.startsWith("sha512:")))
        return { mediaType, ...(await computeDigest(content)) };
      throw error;
    }),
}));

export default it;
