import { createBlobReader } from "@ocilayout/oci-backend";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "returns its stored bytes of a manifest without a copy",
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
