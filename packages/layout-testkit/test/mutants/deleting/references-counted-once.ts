import type { Descriptor } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless, documentOf } from "../mutant.ts";

const it: Mutant = mutant(
  "forgets a reference when the first of two manifests is deleted",
  ["DELETE-11"],
  (whole) => {
    const freed: Set<string> = new Set();
    return {
      deleteManifest: async (repo, digest, options) => {
        const layers = await whole.getManifest(repo, digest).then(
          async (reader) => (documentOf(await reader.bytes()) as { layers?: Descriptor[] }).layers,
          () => undefined,
        );
        await whole.deleteManifest(repo, digest, options);
        for (const layer of layers ?? []) freed.add(layer.digest);
      },
      deleteBlob: (repo, digest, options) =>
        unless(whole.deleteBlob(repo, digest, options), "DENIED", (error) => {
          if (!freed.has(digest)) throw error;
        }),
    };
  },
);

export default it;
