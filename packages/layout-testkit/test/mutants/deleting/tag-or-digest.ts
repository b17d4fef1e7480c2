import { isDigest } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("accepts a digest as a tag", ["DELETE-15"], (whole) => ({
  deleteTag: (repo, tag, options) =>
    isDigest(tag) ? whole.deleteManifest(repo, tag) : whole.deleteTag(repo, tag, options),
}));

export default it;
