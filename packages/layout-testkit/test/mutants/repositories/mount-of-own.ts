import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("accepts any source if the target has the blob", ["MOUNT-02"], (whole) => ({
  mountBlob: (from, to, digest, options) =>
    unless(whole.mountBlob(from, to, digest, options), "BLOB_UNKNOWN", () =>
      whole.resolveBlob(to, digest, options),
    ),
}));

export default it;
