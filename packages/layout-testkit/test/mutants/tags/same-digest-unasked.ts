import { computeDigest } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("skips preconditions if the tag already has the digest", ["TAG-04"], (whole) => ({
  async pushManifest(repo, content, mediaType, options) {
    const [tag] = options?.tags ?? [];
    const current = tag === undefined ? undefined : await whole.resolveTag(repo, tag).catch(() => undefined);
    if (current?.digest === (await computeDigest(content)).digest) return current;
    return whole.pushManifest(repo, content, mediaType, options);
  },
}));

export default it;
