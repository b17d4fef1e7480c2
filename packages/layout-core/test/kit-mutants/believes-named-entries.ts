import type { Descriptor } from "@ocilayout/oci-types";

import { readIndex } from "../helpers.ts";
import { mutant, refNameOf } from "../kit-mutant.ts";

export default mutant(
  "takes a descriptor as it is where its name is a good one",
  ["LAYOUT-60"],
  (whole, directory) => ({
    resolveTag: async (repo, tag, options) => {
      const named = readIndex(directory).manifests.find((entry) => refNameOf(entry) === `${repo}:${tag}`);
      if (named === undefined) return whole.resolveTag(repo, tag, options);
      const { mediaType, digest, size } = named as unknown as Descriptor;
      return { mediaType, digest, size };
    },
  }),
);
