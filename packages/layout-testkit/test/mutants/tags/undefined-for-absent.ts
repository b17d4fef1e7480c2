import type { Descriptor } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("returns undefined for a missing tag", ["TAG-09"], (whole) => ({
  resolveTag: (...args) =>
    unless(whole.resolveTag(...args), "MANIFEST_UNKNOWN", () => undefined as unknown as Descriptor),
}));

export default it;
