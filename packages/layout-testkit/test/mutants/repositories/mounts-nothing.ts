import type { Descriptor } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("resolves the mount of a missing blob", ["MOUNT-03"], (whole) => ({
  mountBlob: (...args) =>
    unless(whole.mountBlob(...args), "BLOB_UNKNOWN", () => undefined as unknown as Descriptor),
}));

export default it;
