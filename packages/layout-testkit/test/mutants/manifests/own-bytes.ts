import { createBlobReader } from "@ocilayout/oci-backend";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "gives its own bytes of a manifest that is asked for by digest",
  ["MANIFEST-16"],
  (whole) => {
    const own: Map<string, Uint8Array> = new Map();
    return {
      getManifest: async (repo, digest, options) => {
        const reader = await whole.getManifest(repo, digest, options);
        const content = own.get(repo + digest) ?? (await reader.bytes());
        own.set(repo + digest, content);
        return createBlobReader(reader.descriptor, content, { verify: false, chunks: "owned" });
      },
    };
  },
);

export default it;
