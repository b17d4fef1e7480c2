import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("resolves deletions of missing blobs", ["DELETE-09"], (whole) => ({
  deleteBlob: (...args) => unless(whole.deleteBlob(...args), "BLOB_UNKNOWN", () => undefined),
}));

export default it;
