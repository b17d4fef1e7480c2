import type { Descriptor } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("gives undefined for a tag that is not there", ["TAG-09"], (whole) => ({
  resolveTag: (...args) =>
    unless(whole.resolveTag(...args), "MANIFEST_UNKNOWN", () => undefined as unknown as Descriptor),
}));

export default it;
