import { ociMediaTypes } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("does not list images as referrers", ["REFERRER-07"], (whole) => ({
  async *referrers(...args) {
    for await (const it of whole.referrers(...args))
      if (it.artifactType !== ociMediaTypes.imageConfig) yield it;
  },
}));

export default it;
