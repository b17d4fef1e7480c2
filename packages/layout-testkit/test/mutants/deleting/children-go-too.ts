import type { Descriptor } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, documentOf } from "../mutant.ts";

const it: Mutant = mutant("deletes children with their index", ["DELETE-06"], (whole) => ({
  deleteManifest: async (repo, digest, options) => {
    const children = await whole.getManifest(repo, digest).then(
      async (reader) => (documentOf(await reader.bytes()) as { manifests?: Descriptor[] }).manifests,
      () => undefined,
    );
    await whole.deleteManifest(repo, digest, options);
    for (const child of children ?? []) await whole.deleteManifest(repo, child.digest).catch(() => undefined);
  },
}));

export default it;
