import type { Descriptor } from "@ocilayout/oci-types";

import { readIndex } from "../helpers.ts";
import { mutant, refNameOf } from "../kit-mutant.ts";

export default mutant("takes the last of the entries of a name", ["LAYOUT-16"], (whole, directory) => ({
  resolveTag: async (repo, tag, options) => {
    const last = readIndex(directory).manifests.findLast((entry) => refNameOf(entry) === `${repo}:${tag}`);
    if (last === undefined) return whole.resolveTag(repo, tag, options);
    const { mediaType, digest, size } = last as unknown as Descriptor;
    return { mediaType, digest, size };
  },
}));
