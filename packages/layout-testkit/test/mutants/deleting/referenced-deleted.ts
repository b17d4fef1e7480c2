import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("deletes referenced blobs", ["DELETE-08"], (whole) => ({
  deleteBlob: (...args) => unless(whole.deleteBlob(...args), "DENIED", () => undefined),
}));

export default it;
