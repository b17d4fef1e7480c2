import type { Descriptor } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("keeps tags as members of a plain object", ["TAG-09"], (whole) => ({
  resolveTag: (repo, tag, options) =>
    unless(whole.resolveTag(repo, tag, options), "MANIFEST_UNKNOWN", (error) => {
      const found: unknown = Reflect.get({}, tag);
      if (found === undefined) throw error;
      return found as Descriptor;
    }),
}));

export default it;
