import { ociMediaTypes } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("omits the artifact type of an index", ["REFERRER-07"], (whole) => ({
  referrers: async function* (...args) {
    for await (const it of whole.referrers(...args))
      yield it.mediaType === ociMediaTypes.imageIndex ? { ...it, artifactType: undefined } : it;
  },
}));

export default it;
