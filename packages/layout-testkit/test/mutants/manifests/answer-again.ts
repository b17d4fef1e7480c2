import type { Descriptor } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "returns the first push's result for every later push",
  ["MANIFEST-17"],
  (whole) => {
    const given: Map<string, Descriptor> = new Map();
    return {
      pushManifest: async (repo, ...rest) => {
        const pushed = await whole.pushManifest(repo, ...rest);
        const known = given.get(repo + pushed.digest);
        if (known === undefined) given.set(repo + pushed.digest, pushed);
        return known ?? pushed;
      },
    };
  },
);

export default it;
