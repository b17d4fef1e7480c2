import { manifestKind, octetStream } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "forgets the media types of manifests without a mediaType",
  ["OPEN-01"],
  () => ({}),
  {
    reopen: (whole) => ({
      ...whole,
      async resolveManifest(...args) {
        const it = await whole.resolveManifest(...args);
        return manifestKind(it.mediaType) === "opaque" ? { ...it, mediaType: octetStream } : it;
      },
    }),
  },
);

export default it;
